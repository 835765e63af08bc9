#pragma once

#include "waveforge/api/reply.hpp"
#include "waveforge/io/body_source.hpp"
#include "waveforge/io/worker.hpp"

namespace wf::http {
class request_head;
}

namespace wf::api {

/// What a handler is given. Everything is borrowed until the handler's task completes.
struct request {
  const http::request_head& head;
  io::worker& on;
  const io::peer_address& peer;
  bool tls{false};  ///< the request itself came over TLS
  io::body_source& body;
};

/// Answers requests: the door between `net` and `api`. A handler that does not read the body to its end leaves that to
/// `net`, which answers early and closes. Thread-safe; runs on the worker's ring.
class handler {
 public:
  virtual ~handler() = default;
  [[nodiscard]] virtual io::task<reply> handle(const request& what) = 0;
  /// What every answer to such a request carries, for an answer that `net` made because the body cannot be framed.
  virtual void dress(const http::request_head& head, reply& answer) const = 0;
};

}  // namespace wf::api
