#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "waveforge/api/handler.hpp"
#include "waveforge/api/options.hpp"
#include "waveforge/api/page.hpp"
#include "waveforge/api/rate_limit.hpp"
#include "waveforge/base/clock.hpp"
#include "waveforge/base/exposition.hpp"
#include "waveforge/base/log.hpp"
#include "waveforge/base/random.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/http/request_head.hpp"
#include "waveforge/session/session_id.hpp"
#include "waveforge/store/store.hpp"

namespace wf::api {

/// What the routes answer from. Made by the composition root; everything outlives the router.
struct services {
  store::store& data;
  const options& set;
  const clock& time;
  random_source& random;
  logger& log;
  const exposition* numbers{nullptr};          ///< null: /metrics is not there
  page_lookup pages{};                         ///< empty: there are no pages
  const std::atomic<bool>* draining{nullptr};  ///< true: /ready says no
};

/// One request on its way through a handler: checked as far as its address, method and version go. Lives until the
/// handler's task completes.
struct context {
  const request& from;
  const services& with;
  rate_limit& creations;
  http::method verb{http::method::get};  ///< the one that counts, X-HTTP-Method-Override considered
  request_origin origin{};
  session::session_id id{};     ///< of {sid} or of an upload
  chunk_index index{};          ///< of {cid}
  std::optional<page> found{};  ///< of a page's address

  [[nodiscard]] http::field_list fields() const noexcept { return from.head.fields(); }
  [[nodiscard]] const options& set() const noexcept { return with.set; }
  [[nodiscard]] store::store& data() const noexcept { return with.data; }
  /// Relative, or absolute behind a trusted proxy that told how it is called from outside.
  [[nodiscard]] std::string link(std::string path) const { return origin.external_base + std::move(path); }
};

/// A route's code. The context outlives the task.
using handle_function = io::task<reply> (*)(context& now);

}  // namespace wf::api
