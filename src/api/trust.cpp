#include "waveforge/api/trust.hpp"

#include <algorithm>
#include <charconv>

#include "waveforge/http/forwarded.hpp"

namespace wf::api {

namespace {

constexpr unsigned mapped_bits = 96;  // ::ffff:0:0/96 holds IPv4

[[nodiscard]] bool bit_at(const ip_address& address, unsigned bit) noexcept {
  return (address[bit / 8] & (0x80U >> (bit % 8))) != 0;
}

}  // namespace

result<address_range> address_range::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const bool version_6 = host.find(':') != std::string_view::npos;
  const unsigned width = version_6 ? 128 : 32;
  const auto address = parse_ip_address(host);
  if (!address.has_value()) {
    return fail(errc::bad_request, "'" + std::string{text} + "' is not an IP address or range such as 10.0.0.0/8.");
  }
  address_range range;
  range.first_ = *address;
  unsigned bits = width;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (problem != std::errc{} || end != digits.data() + digits.size() || bits > width) {
      return fail(errc::bad_request,
                  "'" + std::string{text} + "': the prefix length must be 0 to " + std::to_string(width) + ".");
    }
  }
  range.prefix_bits_ = bits + (version_6 ? 0 : mapped_bits);
  for (unsigned bit = range.prefix_bits_; bit < 128; ++bit) {
    if (bit_at(range.first_, bit)) {
      return fail(errc::bad_request,
                  "'" + std::string{text} + "' has address bits past its prefix; write the first address.");
    }
  }
  return range;
}

bool address_range::contains(const ip_address& address) const noexcept {
  const unsigned bytes = prefix_bits_ / 8;
  if (!std::equal(first_.begin(), first_.begin() + bytes, address.begin())) return false;
  if (prefix_bits_ % 8 == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> (prefix_bits_ % 8));
  return (first_[bytes] & mask) == (address[bytes] & mask);
}

request_origin judge_origin(const http::request_head& head, const io::peer_address& peer, bool tls,
                            std::span<const address_range> proxies) {
  request_origin origin;
  origin.secure = tls;
  origin.trusted_proxy = peer.unix_socket || std::any_of(proxies.begin(), proxies.end(),
                                                         [&](const auto& range) { return range.contains(peer.bytes); });
  if (!origin.trusted_proxy) return origin;
  const http::forwarded_facts told = http::read_forwarded(head.fields());
  if (told.proto.has_value()) origin.secure = tls || *told.proto == "https";
  if (told.proto.has_value() && told.host.has_value()) origin.external_base = *told.proto + "://" + *told.host;
  return origin;
}

bool may_be_served(const request_origin& origin, const io::peer_address& peer, bool allow_plain_http) noexcept {
  return origin.secure || peer.loopback || peer.unix_socket || allow_plain_http;
}

}  // namespace wf::api
