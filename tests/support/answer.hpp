#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wf::test {

/// An answer as a test sees it.
struct answer {
  int status{0};
  int interim{0};  ///< how many 1xx came before it
  bool closes{false};
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};

  /// First field of this name, in any case.
  [[nodiscard]] std::optional<std::string> field(std::string_view name) const;
  /// Upload-Offset; nothing if absent or not a number.
  [[nodiscard]] std::optional<std::uint64_t> upload_offset() const;
};

}  // namespace wf::test
