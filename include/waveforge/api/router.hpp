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

 private:
  struct admission;
  [[nodiscard]] admission admit(const request& what, const std::optional<address>& at, context& now) const;
  void dress(reply& answer, const request& what, const std::optional<address>& at, http::method verb) const;
  void note(const request& what, const reply& answer) const;

  services with_;
  rate_limit creations_;
};

}  // namespace wf::api
