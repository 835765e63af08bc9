#include "address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace wf::io {

namespace {

template <typename Address>
socket_address stored(const Address& address, std::size_t length = sizeof(Address)) {
  socket_address out;
  static_assert(sizeof(Address) <= sizeof out.storage);
  std::memcpy(&out.storage, &address, sizeof address);
  out.length = static_cast<socklen_t>(length);
  return out;
}

template <typename Address>
Address loaded(const socket_address& address) {
  Address out{};
  std::memcpy(&out, &address.storage, sizeof out);
  return out;
}

std::optional<socket_address> parse_unix(std::string_view path) {
  sockaddr_un address{};
  // One byte stays for the terminating zero.
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != path.npos) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  return stored(address, offsetof(sockaddr_un, sun_path) + path.size() + 1);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return port;
}

}  // namespace

std::optional<socket_address> parse_address(std::string_view text) {
  constexpr std::string_view unix_prefix = "unix:";
  if (text.starts_with(unix_prefix)) return parse_unix(text.substr(unix_prefix.size()));
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string host{text.substr(0, colon)};
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(*port);
    if (::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) != 1) return std::nullopt;
    return stored(address);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(*port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  return stored(address);
}

std::string format_address(const socket_address& address) {
  char host[INET6_ADDRSTRLEN] = "";
  switch (address.family()) {
    case AF_INET: {
      const auto four = loaded<sockaddr_in>(address);
      ::inet_ntop(AF_INET, &four.sin_addr, host, sizeof host);
      return fmt::format("{}:{}", host, ntohs(four.sin_port));
    }
    case AF_INET6: {
      const auto six = loaded<sockaddr_in6>(address);
      ::inet_ntop(AF_INET6, &six.sin6_addr, host, sizeof host);
      return fmt::format("[{}]:{}", host, ntohs(six.sin6_port));
    }
    case AF_UNIX: {
      const auto local = loaded<sockaddr_un>(address);
      return fmt::format("unix:{}", std::string_view{local.sun_path, ::strnlen(local.sun_path, sizeof local.sun_path)});
    }
    default: return "unknown";
  }
}

peer_address describe_peer(const socket_address& address) {
  peer_address peer;
  switch (address.family()) {
    case AF_INET: {
      const auto four = loaded<sockaddr_in>(address);
      peer.text = format_address(address);
      peer.bytes[10] = 0xff;
      peer.bytes[11] = 0xff;
      std::memcpy(peer.bytes.data() + 12, &four.sin_addr, 4);
      break;
    }
    case AF_INET6: {
      const auto six = loaded<sockaddr_in6>(address);
      peer.text = format_address(address);
      std::memcpy(peer.bytes.data(), &six.sin6_addr, 16);
      break;
    }
    case AF_UNIX:
      peer.text = "unix";
      peer.unix_socket = true;
      return peer;
    default: return peer;
  }
  in6_addr raw{};
  std::memcpy(&raw, peer.bytes.data(), sizeof raw);
  const bool four_inside = IN6_IS_ADDR_V4MAPPED(&raw);
  peer.loopback = four_inside ? peer.bytes[12] == 127 : IN6_IS_ADDR_LOOPBACK(&raw);
  return peer;
}

}  // namespace wf::io
