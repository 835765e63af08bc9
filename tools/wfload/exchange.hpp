#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace wf::load {

/// What latencies are told apart by. `chunk` is a whole chunk from its scheduled time to its last answer, `recording` a
/// whole recording from its first request until the server says it is assembled (and read back, when verifying).
enum class kind : std::uint8_t { create, patch, put, head, status, assemble, read, remove, chunk, recording, count_ };

[[nodiscard]] constexpr std::string_view name_of(kind which) noexcept {
  constexpr std::string_view names[] = {"create",   "patch", "put",    "head",  "status",
                                        "assemble", "read",  "remove", "chunk", "recording"};
  return names[static_cast<std::size_t>(which)];
}

/// Bytes [offset_bytes, offset_bytes + length_bytes) of stream `stream` of the payload.
struct slice {
  std::uint64_t stream{0};
  std::uint64_t offset_bytes{0};
  std::uint64_t length_bytes{0};
};

/// One request and what its answer's body must be.
struct exchange {
  kind which{kind::create};
  std::string head{};             ///< request line and fields, with the empty line
  slice body{};                   ///< sent after the head
  std::optional<slice> wanted{};  ///< a 200's body must be exactly these bytes
};

/// What came back.
struct answer {
  int status{0};  ///< 0: the connection broke before the answer was whole; `trouble` says how
  std::string trouble{};
  std::optional<std::uint64_t> upload_offset{};
  std::string location{};
  std::string text{};  ///< the body, as far as it is not compared; at most 64 KiB
  std::uint64_t body_bytes{0};
  std::optional<std::uint64_t> differs_at{};  ///< stream position of the first wrong byte
};

/// A job's next move.
struct pause {
  std::chrono::milliseconds for_ms;
};
struct finished {};
struct failed {
  std::string why;
};
using step = std::variant<exchange, pause, finished, failed>;

}  // namespace wf::load
