#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

namespace wf::api {

/// A file that is part of the program. Everything refers to memory that lives as long as the process.
struct page {
  std::string_view media_type{};
  std::string_view cache_control{};
  std::string_view etag{};  ///< of `body`, quoted, strong
  std::span<const std::byte> body{};
  std::span<const std::byte> gzip_body{};  ///< the same compressed; empty: there is none
};

/// The page at a path ("/", "/sw.js"), or none. Thread-safe, does not wait.
using page_lookup = std::function<std::optional<page>(std::string_view path)>;

}  // namespace wf::api
