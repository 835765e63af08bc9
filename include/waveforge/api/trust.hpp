#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "waveforge/api/ip_address.hpp"
#include "waveforge/base/result.hpp"
#include "waveforge/http/request_head.hpp"
#include "waveforge/io/kernel.hpp"

namespace wf::api {

/// A range of IP addresses. IPv4 lies at ::ffff:0:0/96, as peer_address has it.
class address_range {
 public:
  /// "10.0.0.0/8", "192.0.2.7", "fd00::/8". bad_request with a sentence; bits past the prefix must be zero.
  [[nodiscard]] static result<address_range> parse(std::string_view text);
  [[nodiscard]] bool contains(const ip_address& address) const noexcept;

 private:
  ip_address first_{};
  unsigned prefix_bits_{128};
};

/// How a request reached us, after asking whom to believe.
struct request_origin {
  bool secure{false};           ///< TLS ended at us or at a trusted proxy
  bool trusted_proxy{false};    ///< the peer may speak for somebody else
  std::string external_base{};  ///< "https://host" where a trusted proxy told both; else empty: answer relatively
};

/// Forwarded and X-Forwarded-* count only from a unix socket's peer or from `proxies`: anybody can write them.
[[nodiscard]] request_origin judge_origin(const http::request_head& head, const io::peer_address& peer, bool tls,
                                          std::span<const address_range> proxies);

/// The HTTPS rule: TLS, loopback, or the operator's word.
[[nodiscard]] bool may_be_served(const request_origin& origin, const io::peer_address& peer,
                                 bool allow_plain_http) noexcept;

}  // namespace wf::api
