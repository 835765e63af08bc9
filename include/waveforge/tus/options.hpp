#pragma once

#include <string>

namespace wf::tus {

/// What a surface can do; each advertises only its own.
struct capabilities {
  bool creation{true};
  bool creation_with_upload{true};   ///< only together with creation
  bool creation_defer_length{true};  ///< likewise
  bool expiration{true};
  bool checksum{true};
  bool checksum_trailer{true};  ///< only together with checksum
  bool termination{true};
  bool concatenation{false};
  bool concatenation_unfinished{false};  ///< only together with concatenation
};

/// Tus-Extension: a comma list, empty when there is nothing, and the field is then left out (tus 1.0.0, OPTIONS). An
/// extension whose condition is off is not advertised.
[[nodiscard]] std::string tus_extension(const capabilities& can);

/// Tus-Checksum-Algorithm: every algorithm there is; empty when checksums are off.
[[nodiscard]] std::string tus_checksum_algorithm(const capabilities& can);

}  // namespace wf::tus
