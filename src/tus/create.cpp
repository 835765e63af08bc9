#include "waveforge/tus/create.hpp"

#include <fmt/format.h>

namespace wf::tus {

error explain(create_verdict why, const create_request& request) {
  const std::uint64_t most = request.length_bytes_max.value_or(0);
  switch (why) {
    case create_verdict::length_missing:
      return {errc::bad_request, "Send Upload-Length, or Upload-Defer-Length: 1 while the length is not known."};
    case create_verdict::length_twice:
      return {errc::bad_request, "Upload-Length and Upload-Defer-Length contradict each other; send one of them."};
    case create_verdict::length_too_large:
      return {errc::too_large, fmt::format("Upload-Length may be {} at most here.", most)};
    case create_verdict::body_wrong_type:
      return {errc::unsupported_media, "A body must have Content-Type: application/offset+octet-stream."};
    case create_verdict::body_too_long:
      return {errc::too_large, fmt::format("The body may have {} bytes at most, the length of the upload.",
                                           request.length_bytes.value_or(most))};
    case create_verdict::final_has_length:
      return {errc::bad_request, "A final upload takes its length from its parts; send no Upload-Length."};
    case create_verdict::final_has_body:
      return {errc::bad_request, "A final upload takes its bytes from its parts; send no body."};
    case create_verdict::create: break;
  }
  return {errc::internal, {}};
}

}  // namespace wf::tus
