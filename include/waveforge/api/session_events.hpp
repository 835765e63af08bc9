#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "waveforge/api/reply.hpp"
#include "waveforge/store/store.hpp"

namespace wf::api {

/// What happens to a session, as server-sent events (WHATWG HTML, 9.2): `progress`, `chunk`, `assembled`, `cancelled`,
/// `failed`. Events are made from what changed between two views, so a slow reader gets fewer and later ones, never a
/// queue. The stream begins with the present state, and ends when the session is gone.
class session_events final : public stream_body {
 public:
  /// `now` is the view to begin with. The store outlives this.
  session_events(store::store& data, store::session_view now);

  [[nodiscard]] io::task<std::string> next(io::deadline until) override;

  /// A comment keeps proxies from closing a connection on which nothing happens.
  static constexpr auto comment_interval = std::chrono::seconds{15};

 private:
  store::store& data_;
  store::session_view told_;
  bool begun_{false};
  bool ended_{false};
};

/// The events that lead from `before` (null: nothing was told yet) to `after`.
[[nodiscard]] std::string events_between(const store::session_view* before, const store::session_view& after);

/// Indices that became complete.
[[nodiscard]] session::index_ranges completed_between(const store::session_view& before,
                                                      const store::session_view& after);

}  // namespace wf::api
