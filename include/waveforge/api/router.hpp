#pragma once

#include "waveforge/api/context.hpp"
#include "waveforge/api/rate_limit.hpp"
#include "waveforge/api/route.hpp"

namespace wf::api {

/// Answers every request there is: finds its address, checks what needs no body (HTTPS, method, tus version, ids),
/// calls the route's handler, and dresses the answer (Tus-Resumable, CORS). Thread-safe; one for the whole process.
class router final : public handler {
 public:
  explicit router(services with);

  /// `what` is borrowed until the task completes.
  [[nodiscard]] io::task<reply> handle(const request& what) override;
  void dress(const http::request_head& head, reply& answer) const override;

 private:
  struct admission;
  [[nodiscard]] admission admit(const request& what, const std::optional<address>& at, context& now) const;
  void dress_for(http::method verb, const std::optional<address>& at, const http::request_head& head,
                 reply& answer) const;
  void note(const request& what, const reply& answer) const;

  services with_;
  rate_limit creations_;
};

}  // namespace wf::api
