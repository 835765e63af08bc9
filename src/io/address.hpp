#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "waveforge/io/kernel.hpp"

namespace wf::io {

/// A socket address with its length, as the system calls want it.
struct socket_address {
  sockaddr_storage storage{};
  socklen_t length{0};

  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const noexcept { return storage.ss_family; }
};

/// "127.0.0.1:8080", "[::1]:0" or "unix:PATH". nullopt: none of these. Names are not looked up.
[[nodiscard]] std::optional<socket_address> parse_address(std::string_view text);
/// As parse_address takes it. A unix socket without a path is "unix:".
[[nodiscard]] std::string format_address(const socket_address& address);
[[nodiscard]] peer_address describe_peer(const socket_address& address);

}  // namespace wf::io
