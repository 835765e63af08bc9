#include "waveforge/api/session_events.hpp"

#include <utility>

#include "waveforge/api/session_json.hpp"
#include "waveforge/base/json_writer.hpp"

namespace wf::api {

namespace {

/// Of more chunks than this at once the progress event tells the count alone.
constexpr std::size_t chunk_events_max = 256;

/// One past the highest index the view speaks of.
[[nodiscard]] std::uint32_t end_of(const store::session_view& view) noexcept {
  return view.total_chunks.value_or(view.chunks_complete + static_cast<std::uint32_t>(view.missing.size()));
}

/// `data` has no line breaks: the JSON writer escapes them.
void append_event(std::string& out, std::string_view name, std::uint64_t version, std::string_view data) {
  out.append("id: ").append(std::to_string(version));
  out.append("\nevent: ").append(name);
  out.append("\ndata: ").append(data).append("\n\n");
}

template <typename Write>
[[nodiscard]] std::string object_of(Write&& write) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  write(json);
  json.end_object();
  return text;
}

[[nodiscard]] std::string end_event(const store::session_view& view, errc why) {
  std::string out;
  append_event(out, "cancelled", view.version + 1, object_of([&](json_writer& json) {
                 json.key("session_id").value(view.id.text());
                 json.key("reason").value(name_of(why));
               }));
  return out;
}

[[nodiscard]] bool has_failed(session::state state) noexcept {
  return state == session::state::failed || state == session::state::damaged;
}

}  // namespace

session::index_ranges completed_between(const store::session_view& before, const store::session_view& after) {
  session::index_ranges looked_at = before.missing;
  const std::uint32_t end = end_of(after);
  looked_at.cut(end);
  looked_at.add(end_of(before), end);
  return looked_at.without(after.missing);
}

std::string events_between(const store::session_view* before, const store::session_view& after) {
  std::string out;
  if (before != nullptr) {
    const auto complete = completed_between(*before, after);
    const bool too_many = complete.size() > chunk_events_max;
    for (const std::uint32_t index : complete.first(too_many ? 0 : chunk_events_max)) {
      append_event(out, "chunk", after.version,
                   object_of([index](json_writer& json) { json.key("chunk_index").value(index); }));
    }
  }
  append_event(out, "progress", after.version, object_of([&](json_writer& json) { write_progress(json, after); }));
  const bool changed = before == nullptr || before->state != after.state;
  if (changed && after.state == session::state::assembled) {
    append_event(out, "assembled", after.version, object_of([&](json_writer& json) {
                   json.key("session_id").value(after.id.text());
                   json.key("recording");
                   write_recording(json, after);
                 }));
  }
  if (changed && has_failed(after.state)) {
    append_event(out, "failed", after.version, object_of([&](json_writer& json) {
                   json.key("session_id").value(after.id.text());
                   json.key("state").value(session::name_of(after.state));
                   json.key("error").value(after.failure);
                 }));
  }
  return out;
}

session_events::session_events(store::store& data, store::session_view now) : data_{data}, told_{std::move(now)} {}

io::task<std::string> session_events::next(io::deadline until) {
  if (ended_) co_return std::string{};
  if (!std::exchange(begun_, true)) co_return events_between(nullptr, told_);
  const io::ring_executor executor = co_await boost::asio::this_coro::executor;
  const io::deadline comment_due = executor.context().after(comment_interval);
  const io::deadline sooner{std::min(until.at, comment_due.at)};
  auto view = co_await data_.wait_for_change(told_.id, told_.version, sooner);
  if (view) {
    std::string out = events_between(&told_, *view);
    told_ = std::move(*view);
    co_return out;
  }
  if (view.error().code == errc::timed_out) co_return std::string{": nothing new\n\n"};
  ended_ = true;
  if (view.error().code == errc::cancelled || view.error().code == errc::expired) {
    co_return end_event(told_, view.error().code);
  }
  co_return std::string{};
}

}  // namespace wf::api
