#pragma once

#include <sys/socket.h>

#include <string>

#include "waveforge/base/result.hpp"

namespace wf::load {

/// The server: where to connect, and what to say in Host.
struct target {
  sockaddr_storage address{};
  socklen_t address_bytes{0};
  std::string authority{};  ///< host:port
  std::string path{};       ///< of the URL, without a final slash; may be empty
};

/// Splits http://host[:port][/path] and resolves the host, once. Blocks on the resolver.
/// Errors: bad_request, with what would be right.
[[nodiscard]] result<target> resolve(const std::string& url);

/// The path of a Location, absolute or relative to `path`.
[[nodiscard]] std::string path_of_location(const std::string& location, const std::string& path);

}  // namespace wf::load
