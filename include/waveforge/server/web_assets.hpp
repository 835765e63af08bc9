#pragma once
#include <cstddef>
#include <span>
#include <string_view>

namespace wf::server {

/// One file of the web pages, part of the executable.
struct web_asset {
  std::string_view path;            ///< as requested: "/" for the page, "/sw.js", "/assets/…"; begins with a slash
  std::string_view media_type;      ///< Content-Type field value
  std::string_view cache_control;   ///< Cache-Control field value: hashed names are immutable, the rest is no-cache
  std::string_view etag;            ///< strong entity tag of `body`, quotes included
  std::span<const std::byte> body;  ///< the file as built
  std::span<const std::byte> gzip_body;  ///< the same compressed; empty where that saves nothing
};

/// The pages the build found in web/dist, sorted by path; one page that says how to build them if there were none.
/// Out:     views of static storage, valid for the whole run. "/" is always among them.
/// Threads: any. Does not suspend.
[[nodiscard]] std::span<const web_asset> web_assets() noexcept;

}  // namespace wf::server
