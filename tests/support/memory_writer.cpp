#include "support/memory_writer.hpp"

#include <algorithm>
#include <array>

namespace wf::test {

memory_store::chunk_writer::chunk_writer(memory_store& in, session::session_id id, chunk_index index)
    : in_{in}, id_{id}, index_{index}, view_{in.view_of(in.sessions_.at(id), to_number(index))} {
  in_.sessions_.at(id_).chunks.at(to_number(index_)).holder = this;
}

memory_store::chunk_writer::~chunk_writer() {
  const auto found = in_.sessions_.find(id_);
  if (found != in_.sessions_.end()) {
    const auto chunk = found->second.chunks.find(to_number(index_));
    if (chunk != found->second.chunks.end() && chunk->second.holder == this) chunk->second.holder = nullptr;
  }
  in_.changed_.notify_all();
}

void memory_store::chunk_writer::displace() noexcept {
  displaced_ = true;
  if (body_ != nullptr) body_->interrupt();
}

/// One piece of the body: compared with what is held, kept back for the check, or appended.
result<void> memory_store::chunk_writer::take(std::span<const std::byte> bytes, const wf::store::append_options& with) {
  if (displaced_) return fail(errc::displaced);
  session_record& session = in_.sessions_.at(id_);
  auto& chunk = session.chunks.at(to_number(index_));
  if (with.check != nullptr) with.check->update(bytes);
  std::string_view text{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  if (with.compare_held && seen_bytes_ < chunk.bytes.size()) {
    const std::size_t same = std::min(text.size(), chunk.bytes.size() - static_cast<std::size_t>(seen_bytes_));
    if (chunk.bytes.compare(static_cast<std::size_t>(seen_bytes_), same, text.substr(0, same)) != 0) {
      return fail(errc::content_conflict, "The bytes differ from those already held.");
    }
    seen_bytes_ += same;
    text.remove_prefix(same);
  }
  if (text.empty()) return {};
  const std::uint64_t end = chunk.length_bytes.value_or(chunk.length_bytes_max);
  const std::uint64_t present = chunk.bytes.size() + held_back_.size();
  const std::uint64_t fits = std::min<std::uint64_t>(text.size(), end - std::min(end, present));
  const std::string_view kept = text.substr(0, static_cast<std::size_t>(fits));
  if (!in_.take_room(kept.size())) return fail(errc::no_space, "The disk is full.");
  (with.check != nullptr ? held_back_ : chunk.bytes).append(kept);
  seen_bytes_ += kept.size();
  session.touched_at = in_.time_.utc_now();
  if (kept.size() < text.size()) return fail(errc::too_large, "The body goes past the length of the chunk.");
  return {};
}

io::task<result<wf::store::chunk_view>> memory_store::chunk_writer::append(io::worker&, io::body_source& body,
                                                                           const wf::store::append_options& with) {
  if (!with.compare_held && session::is_past_ingest(view_.session_state)) {
    co_return fail(errc::state_conflict, "The recording takes no more bytes.");
  }
  const auto& now = in_.sessions_.at(id_).chunks.at(to_number(index_));
  if (!with.compare_held && with.offset_bytes != now.bytes.size()) {
    co_return fail(errc::offset_conflict, "The chunk has another offset.");
  }
  if (with.declare_length_bytes.has_value()) {
    in_.sessions_.at(id_).chunks.at(to_number(index_)).length_bytes = with.declare_length_bytes;
  }
  body_ = &body;
  result<void> ended{};
  const auto buffer = std::make_shared<std::array<std::byte, 4096>>();
  while (!body.done() && ended) {
    if (const auto bytes = body.in_hand(); !bytes.empty()) {
      ended = take(bytes, with);
      body.consume(bytes.size());
      continue;
    }
    const auto ready = co_await body.wait(buffer->size());
    if (!ready) {
      ended = fail(ready.error());
      break;
    }
    const auto count = co_await body.receive(*buffer, buffer);
    if (!count) {
      ended = fail(count.error());
    } else {
      ended = take(std::span{*buffer}.first(*count), with);
    }
  }
  body_ = nullptr;
  const auto found = in_.sessions_.find(id_);
  if (found == in_.sessions_.end() || !found->second.chunks.contains(to_number(index_)) || displaced_) {
    co_return fail(errc::displaced);
  }
  session_record& session = found->second;
  auto& chunk = session.chunks.at(to_number(index_));
  if (ended && in_.fail_appends.has_value()) ended = fail(*in_.fail_appends);
  if (ended && with.check != nullptr) {
    ended = with.check->verify();
    if (ended) chunk.bytes += held_back_;
  }
  in_.changed(session);
  view_ = in_.view_of(session, to_number(index_));
  if (!ended) co_return fail(ended.error());
  in_.assemble_if_ready(session);
  view_ = in_.view_of(session, to_number(index_));
  co_return view_;
}

}  // namespace wf::test
