#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "waveforge/io/file.hpp"
#include "waveforge/io/task.hpp"

namespace wf::api {

/// Part of a file as the body of an answer, sent without passing through our memory where the connection permits.
struct file_body {
  std::shared_ptr<io::file> file{};
  std::uint64_t offset_bytes{0};
  std::uint64_t length_bytes{0};
};

/// Memory that lives as long as the process (the embedded pages).
struct static_body {
  std::span<const std::byte> bytes{};
};

/// A body that is made while it is sent (server-sent events). `net` pulls, sends each piece as it comes, and drops the
/// stream when it ended, the peer went, or the server drains.
class stream_body {
 public:
  virtual ~stream_body() = default;
  /// The next piece; an empty one: the end. Returns by `until` at the latest (a comment keeps the connection alive),
  /// and soon when it is cancelled (the server drains).
  [[nodiscard]] virtual io::task<std::string> next(io::deadline until) = 0;
};

/// An answer as a value. `net` adds Date, Content-Length or Transfer-Encoding, and Connection, and leaves the body out
/// for HEAD, 204 and 304.
struct reply {
  std::uint16_t status{200};
  std::vector<std::pair<std::string_view, std::string>> fields{};  ///< names are literals
  std::variant<std::monostate, std::string, file_body, static_body, std::unique_ptr<stream_body>> body{};
  /// Say nothing and close: the request was displaced or its peer is gone.
  bool silent{false};
  /// Close after the answer, although the request was understood.
  bool close{false};

  void set(std::string_view name, std::string value) { fields.emplace_back(name, std::move(value)); }
};

/// A status for the log and the alarms. 501 and 505 say that we do not know what was asked for, which is the client's
/// doing.
[[nodiscard]] constexpr bool is_our_fault(std::uint16_t status) noexcept {
  return status >= 500 && status != 501 && status != 505;
}

}  // namespace wf::api
