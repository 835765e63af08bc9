#include "waveforge/api/throttle.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "waveforge/api/error_map.hpp"

namespace wf::api {

io::task<std::optional<reply>> throttle(context& now, session::session_id id) {
  const rate_verdict verdict = now.creations.take(id, now.with.time.now());
  if (verdict.refused) {
    problem_details details;
    details.retry_after_seconds = verdict.retry_after_seconds;
    co_return problem({errc::rate_limited,
                       fmt::format("A session may create {:g} chunks a second; try again after Retry-After.",
                                   now.set().creations_per_second),
                       0},
                      details);
  }
  if (verdict.delay == steady_time::duration::zero()) co_return std::nullopt;
  const std::int32_t woken = co_await io::sleep_until(now.from.on.ring.after(verdict.delay));
  if (woken == -ECANCELED) co_return problem({errc::unavailable, "The server is stopping.", 0});
  co_return std::nullopt;
}

}  // namespace wf::api
