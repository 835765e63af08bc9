#include "wfload/target.hpp"

#include <netdb.h>

#include <cstring>
#include <string_view>

namespace wf::load {

result<target> resolve(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  std::string_view rest{url};
  if (!rest.starts_with(scheme)) return fail(errc::bad_request, "--url must be http://HOST:PORT[/path], not " + url);
  rest.remove_prefix(scheme.size());
  target to;
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  to.authority = rest.substr(0, slash);
  to.path = rest.substr(slash);
  while (!to.path.empty() && to.path.back() == '/') to.path.pop_back();

  std::string host = to.authority;
  std::string port = "80";
  const std::size_t colon = host.rfind(':');
  if (colon != std::string::npos && host.find(']', colon) == std::string::npos) {
    port = host.substr(colon + 1);
    host.resize(colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
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
