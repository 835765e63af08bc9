#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"

namespace wf::load {

/// What a URL says.
struct server_url {
  std::string authority{};  ///< host:port, as written
  std::string host{};       ///< without brackets
  std::string port{"80"};
  std::string path{};  ///< without a final slash; may be empty
};

/// The server: where to connect, and what to say in Host.
struct target {
  sockaddr_storage address{};
  socklen_t address_bytes{0};
  std::string authority{};  ///< host:port
  std::string path{};       ///< of the URL, without a final slash; may be empty
};

/// http://HOST[:PORT][/PATH], taken apart; an IPv6 address stands in brackets. Errors: bad_request, with what would be
/// right.
[[nodiscard]] result<server_url> parse_url(std::string_view url);

/// Takes the URL apart and resolves the host, once. Blocks on the resolver. Errors: bad_request, as parse_url or
/// because nobody knows the host.
[[nodiscard]] result<target> resolve(const std::string& url);

/// The path of a Location, absolute or relative to `path`.
[[nodiscard]] std::string path_of_location(const std::string& location, const std::string& path);

}  // namespace wf::load
