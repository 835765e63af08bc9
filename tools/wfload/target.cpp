#include "wfload/target.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

namespace wf::load {

result<server_url> parse_url(std::string_view url) {
  const auto refuse = [url] {
    return fail(errc::bad_request, fmt::format("--url is http://HOST:PORT[/path], not {}", url));
  };
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme)) return refuse();
  const std::string_view rest = url.substr(scheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  server_url out;
  out.authority = rest.substr(0, slash);
  out.path = rest.substr(slash);
  while (!out.path.empty() && out.path.back() == '/') out.path.pop_back();

  out.host = out.authority;
  const std::size_t colon = out.host.rfind(':');
  if (colon != std::string::npos && out.host.find(']', colon) == std::string::npos) {
    out.port = out.host.substr(colon + 1);
    out.host.resize(colon);
  }
  if (out.host.size() > 2 && out.host.front() == '[' && out.host.back() == ']') {
    out.host = out.host.substr(1, out.host.size() - 2);
  }
  // The resolver takes a number that does not fit for another one.
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(out.port.data(), out.port.data() + out.port.size(), port);
  const bool whole = failure == std::errc{} && end == out.port.data() + out.port.size() && port != 0;
  if (out.host.empty() || !whole) return refuse();
  return out;
}

result<target> resolve(const std::string& url) {
  auto parsed = parse_url(url);
  if (!parsed) return fail(std::move(parsed.error()));
  target to;
  to.authority = std::move(parsed->authority);
  to.path = std::move(parsed->path);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(parsed->host.c_str(), parsed->port.c_str(), &hints, &found);
  if (failure != 0) return fail(errc::bad_request, "cannot resolve " + to.authority + ": " + gai_strerror(failure));
  std::memcpy(&to.address, found->ai_addr, found->ai_addrlen);
  to.address_bytes = found->ai_addrlen;
  freeaddrinfo(found);
  return to;
}

std::string path_of_location(const std::string& location, const std::string& path) {
  const std::size_t scheme = location.find("://");
  if (scheme != std::string::npos && location.find('/') > scheme) {
    const std::size_t slash = location.find('/', scheme + 3);
    return slash == std::string::npos ? "/" : location.substr(slash);
  }
  if (location.starts_with("//")) {
    const std::size_t slash = location.find('/', 2);
    return slash == std::string::npos ? "/" : location.substr(slash);
  }
  if (location.starts_with("/")) return location;
  return path + "/" + location;
}

}  // namespace wf::load
