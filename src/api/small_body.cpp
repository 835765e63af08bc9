#include "waveforge/api/small_body.hpp"

#include <array>
#include <memory>
#include <span>

namespace wf::api {

namespace {

using piece = std::array<std::byte, 4096>;

[[nodiscard]] std::string too_long(std::uint64_t bytes_max) {
  return "A body sent here may have " + std::to_string(bytes_max) + " bytes.";
}

}  // namespace

io::task<result<std::string>> read_small_body(io::body_source& body, std::uint64_t bytes_max) {
  std::string text;
  if (body.remaining().value_or(0) > bytes_max) co_return fail(errc::too_large, too_long(bytes_max));
  while (!body.done()) {
    if (const auto bytes = body.in_hand(); !bytes.empty()) {
      text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      body.consume(bytes.size());
    } else {
      const auto ready = co_await body.wait(piece{}.size());
      if (!ready) co_return fail(ready.error());
      // The kernel may write here after this frame is gone, so the buffer is shared with the operation.
      const auto buffer = std::make_shared<piece>();
      const auto count = co_await body.receive(*buffer, buffer);
      if (!count) co_return fail(count.error());
      text.append(reinterpret_cast<const char*>(buffer->data()), *count);
    }
    if (text.size() > bytes_max) co_return fail(errc::too_large, too_long(bytes_max));
  }
  co_return text;
}

}  // namespace wf::api
