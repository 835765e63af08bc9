#pragma once

#include <string>
#include <string_view>

#include "waveforge/base/json_writer.hpp"
#include "waveforge/http/status.hpp"

namespace wf::http {

inline constexpr std::string_view problem_media_type{"application/problem+json"};

/// An `application/problem+json` body (RFC 9457): type, title, status and detail, then whatever members are added.
///
///   problem_writer problem{status::conflict, "offset_conflict", "Upload-Offset is 5; continue at 7."};
///   problem.members().key("expected_offset").value(std::uint64_t{7});
///   std::string body = std::move(problem).finish();
class problem_writer {
 public:
  /// `type` is a URI reference that tells the cases of one status apart; "" means "about:blank". The title is the
  /// reason phrase of the status. Text is copied; bytes that are not UTF-8 become U+FFFD.
  problem_writer(status code, std::string_view type, std::string_view detail);

  /// Write further members with `key(...)` and a value each.
  [[nodiscard]] json_writer& members() noexcept { return json_; }

  [[nodiscard]] std::string finish() &&;

 private:
  std::string text_{};
  json_writer json_{text_};
};

}  // namespace wf::http
