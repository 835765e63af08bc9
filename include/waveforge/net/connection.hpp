#pragma once

#include <memory>

#include "waveforge/http/body_framing.hpp"
#include "waveforge/http/head_parser.hpp"
#include "waveforge/net/answer_sender.hpp"
#include "waveforge/net/connection_body.hpp"
#include "waveforge/net/stream.hpp"
#include "waveforge/net/surroundings.hpp"

namespace wf::net {

/// One connection, from its first byte to its last: requests one after the other, each answered before the next is read
/// (RFC 9112 9.3). While it is idle it owns neither a buffer nor a parser. One ring's; whoever runs it keeps it until
/// run() has ended.
class connection {
 public:
  connection(surroundings& around, std::unique_ptr<stream> channel, io::peer_address peer, bool tls);

  [[nodiscard]] io::task<void> run();

  /// No further request: an idle connection ends now, a busy one after its present answer.
  void begin_drain() noexcept;
  /// End the present request's body where it is. The handler keeps what it took.
  void cut() noexcept;

 private:
  enum class next : std::uint8_t {
    request,  ///< the connection may carry another one
    close,    ///< everything was said; the peer may not have read it yet
    drop,     ///< nobody to talk to, or nothing to say
  };

  [[nodiscard]] io::task<bool> await_request();
  [[nodiscard]] io::task<next> serve_one(bool readable);
  [[nodiscard]] io::task<next> serve(http::request_head& head);
  [[nodiscard]] io::task<next> answer(const http::request_head& head, const http::body_framing& framing,
                                      connection_body& body);
  [[nodiscard]] io::task<api::reply> ask(const http::request_head& head, connection_body& body);
  [[nodiscard]] io::task<next> refuse_head(http::head_parser& parser, http::refusal why);
  [[nodiscard]] io::task<next> refuse(api::reply said, http::method verb);
  [[nodiscard]] io::task<void> linger();
  void count(const api::reply& said) noexcept;

  surroundings& around_;
  std::unique_ptr<stream> channel_;
  io::peer_address peer_;
  answer_sender sender_;
  held_bytes held_;                 ///< received, not yet read as a request
  connection_body* body_{nullptr};  ///< of the present request
  bool tls_;
  bool idle_{false};
  bool draining_{false};
  bool cut_{false};
};

}  // namespace wf::net
