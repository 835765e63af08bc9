#pragma once

#include <functional>
#include <list>
#include <memory>

#include "waveforge/io/task_scope.hpp"
#include "waveforge/net/connection.hpp"
#include "waveforge/net/stream.hpp"
#include "waveforge/net/surroundings.hpp"

namespace wf::net {

class crew;

/// A connection that was accepted and has said nothing yet.
struct arrival {
  io::descriptor fd{};
  bool tls{false};
  bool nearby{false};  ///< the listener is on loopback: nobody from elsewhere can reach it
};

/// Makes the stream of an arrival. `server` supplies one that knows TLS.
using stream_factory = std::function<std::unique_ptr<stream>(arrival from, io::worker& on)>;

[[nodiscard]] std::unique_ptr<stream> make_plain_stream(arrival from, io::worker& on);

/// One worker's part of the server: its listening sockets and its connections. Everything on the worker's own thread,
/// unless it says otherwise.
class service {
 public:
  service(surroundings around, crew& everyone, stream_factory streams = make_plain_stream);
  ~service();  ///< drain() has ended
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  /// Accept from a listening socket. Each connection goes to the least loaded worker of the crew.
  void listen(io::acceptor from, bool tls);
  /// Serve a connection. The crew has counted it.
  void adopt(arrival from);

  /// Stop accepting; idle connections end at once, requests may end within `patience`, then their bodies are cut at a
  /// byte boundary so that what came is kept, and at last whatever still waits is cancelled.
  [[nodiscard]] io::task<void> drain(steady_time::duration patience);

  [[nodiscard]] io::ring_context& ring() const noexcept { return around_.on.ring; }
  [[nodiscard]] std::size_t connections_open() const noexcept { return open_.size(); }

 private:
  [[nodiscard]] io::task<void> accept_all(io::acceptor from, bool tls);
  [[nodiscard]] io::task<void> serve(arrival from);
  [[nodiscard]] io::task<void> turn_away(arrival from);

  surroundings around_;
  crew& crew_;
  stream_factory streams_;
  std::list<connection*> open_;
  std::size_t turned_away_{0};
  bool draining_{false};
  io::task_scope accepting_;
  io::task_scope serving_;
};

}  // namespace wf::net
