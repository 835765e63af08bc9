#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "waveforge/api/trust.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/session/session_id.hpp"

namespace wf::api {

/// What the operator decided about the HTTP contract. Declared, ranged and documented in server/config; fixed for the
/// life of the process.
struct options {
  session::id_format id_format{session::id_format::uuid};
  std::uint64_t chunk_bytes_max{5_MiB};
  std::optional<std::uint64_t> tus_bytes_max{};  ///< nullopt: as far as the disk goes
  std::string tus_base_path{"/tus"};             ///< without a slash at its end; never below /files
  bool concatenation_unfinished{false};
  bool unfinished_expire{true};  ///< --expire-after is not 0: the expiration extension is told

  double creations_per_second{10};  ///< per session; 0: not limited
  std::uint32_t creation_burst{30};

  bool allow_plain_http{false};
  std::vector<address_range> trusted_proxies{};  ///< a unix socket's peer is trusted besides
  std::vector<std::string> cors_origins{};       ///< "https://app.example", or "*"
  std::string operator_token{};                  ///< empty: nobody is an operator

  std::string software_version{};
};

}  // namespace wf::api
