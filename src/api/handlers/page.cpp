#include "waveforge/api/etag.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/http/status.hpp"

namespace wf::api::handlers {

namespace {

/// Scripts, styles and requests of this server only: a name or a file that reached a page as markup can load nothing
/// and send nothing away. Recordings play from here and, while they are on the device, from blobs.
constexpr std::string_view content_policy{
    "default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"};

}  // namespace

io::task<reply> page(context& now) {
  const api::page& found = *now.found;
  reply answer;
  answer.set("ETag", std::string{found.etag});
  answer.set("Cache-Control", std::string{found.cache_control});
  answer.set("X-Content-Type-Options", "nosniff");
  answer.set("Content-Security-Policy", std::string{content_policy});
  answer.set("Permissions-Policy", "microphone=(self)");
  answer.set("Referrer-Policy", "no-referrer");
  if (!found.gzip_body.empty()) answer.set("Vary", "Accept-Encoding");
  if (is_known_already(now.fields(), found.etag)) {
    answer.status = http::to_number(http::status::not_modified);
    co_return answer;
  }
  answer.set("Content-Type", std::string{found.media_type});
  const bool compressed = !found.gzip_body.empty() && now.fields().has_member("Accept-Encoding", "gzip");
  // One tag for both forms would let a cache mix them; a weak one says "the same page", which is what 304 asks.
  if (compressed) {
    answer.set("Content-Encoding", "gzip");
    answer.fields.front().second.insert(0, "W/");
  }
  answer.body = static_body{compressed ? found.gzip_body : found.body};
  co_return answer;
}

}  // namespace wf::api::handlers
