#include "waveforge/tus/patch.hpp"

#include <fmt/format.h>

namespace wf::tus {

error explain(patch_verdict why, const upload_state& upload, const patch_request& request) {
  switch (why) {
    case patch_verdict::unknown: return explain(presence::unknown);
    case patch_verdict::expired: return explain(presence::expired);
    case patch_verdict::cancelled: return explain(presence::cancelled);
    case patch_verdict::final_upload:
      return {errc::forbidden, "A final upload is made of its parts and cannot be written to."};
    case patch_verdict::wrong_type:
      return {errc::unsupported_media, "PATCH must have Content-Type: application/offset+octet-stream."};
    case patch_verdict::offset_missing: return {errc::bad_request, "PATCH must have Upload-Offset, sent once."};
    case patch_verdict::offset_conflict:
      return {errc::offset_conflict, fmt::format("Upload-Offset must be {}.", upload.offset_bytes)};
    case patch_verdict::length_changed:
      return {errc::bad_request,
              fmt::format("Upload-Length is {} already and cannot change.", upload.length_bytes.value_or(0))};
    case patch_verdict::length_too_small:
      return {errc::bad_request,
              fmt::format("Upload-Length must not be below {}: so much is there already.", upload.offset_bytes)};
    case patch_verdict::length_too_large:
      return {errc::too_large,
              fmt::format("Upload-Length may be {} at most here.", request.length_bytes_max.value_or(0))};
    case patch_verdict::past_length:
      return {errc::too_large, fmt::format("The body goes past the end of the upload: {} bytes may still come.",
                                           room_bytes(upload.offset_bytes,
                                                      upload.length_bytes ? upload.length_bytes : request.length_bytes,
                                                      request.length_bytes_max))};
    case patch_verdict::closed:
      return {errc::state_conflict, "The recording is being assembled or is finished; nothing can be appended."};
    case patch_verdict::append: break;
  }
  return {errc::internal, {}};
}

}  // namespace wf::tus
