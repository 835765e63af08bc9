#include "support/memory_store.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "support/memory_body.hpp"
#include "support/memory_writer.hpp"
#include "waveforge/base/check.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/session/recording.hpp"

namespace wf::test {

using namespace wf::store;  // the words of the interface, not of this class

auto memory_store::find(const session::session_id& id) -> result<session_record*> {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return fail(errc::not_found, "There is no session of this name.");
  if (found->second.now == session::state::cancelled) return fail(errc::cancelled);
  if (found->second.now == session::state::expired) return fail(errc::expired);
  return &found->second;
}

auto memory_store::find_chunk(const session::session_id& id, chunk_index index) -> result<chunk*> {
  const auto session = find(id);
  if (!session) return fail(session.error());
  const auto found = (*session)->chunks.find(to_number(index));
  if (found == (*session)->chunks.end()) return fail(errc::not_found, "There is no chunk of this index.");
  return &found->second;
}

void memory_store::changed(session_record& in) {
  ++in.version;
  changed_.notify_all();
}

bool memory_store::take_room(std::uint64_t bytes) {
  if (!room_bytes.has_value()) return true;
  if (*room_bytes < bytes) return false;
  *room_bytes -= bytes;
  return true;
}

std::optional<utc_time> memory_store::expiry_of(const session_record& in) const {
  const bool whole = in.hints.total_chunks.has_value() && in.chunks.size() == *in.hints.total_chunks &&
                     std::all_of(in.chunks.begin(), in.chunks.end(), [](const auto& c) { return c.second.complete(); });
  const bool partial = !in.chunks.empty() && in.chunks.begin()->second.concat == "partial";
  // Partial uploads wait to be joined: they expire even when they are whole.
  const bool waits = session::accepts_bytes(in.now) && !whole;
  if (!expire_after.has_value() || !(waits || partial)) return std::nullopt;
  return in.touched_at + *expire_after;
}

chunk_view memory_store::view_of(const session_record& in, std::uint32_t index) const {
  const chunk& part = in.chunks.at(index);
  return {chunk_index{index}, part.bytes.size(), part.length_bytes, part.metadata, part.concat, in.now, expiry_of(in)};
}

session_view memory_store::view_of(const session::session_id& id, const session_record& in) const {
  session_view view;
  view.id = id;
  view.state = in.now;
  view.version = in.version;
  view.total_chunks = in.hints.total_chunks;
  const std::uint32_t seen = in.chunks.empty() ? 0 : in.chunks.rbegin()->first + 1;
  for (std::uint32_t index = 0; index < in.hints.total_chunks.value_or(seen); ++index) {
    const auto found = in.chunks.find(index);
    if (found == in.chunks.end() || !found->second.complete()) view.missing.add(index, index + 1);
  }
  for (const auto& [index, part] : in.chunks) {
    view.bytes_received += part.bytes.size();
    if (part.complete()) ++view.chunks_complete;
    if (!part.complete() && !part.bytes.empty()) view.partial.emplace(index, part.bytes.size());
  }
  view.recording_name = in.hints.name;
  view.format = in.hints.format;
  view.created_at = in.created_at;
  view.updated_at = in.touched_at;
  view.expires_at = expiry_of(in);
  if (in.recording.has_value()) view.recording = recording_view{in.recording->size(), std::nullopt};
  view.failure = in.failure;
  return view;
}

result<void> memory_store::take_hints(session_record& in, const recording_hints& told,
                                      std::optional<std::uint32_t> index) {
  recording_hints& known = in.hints;
  if (told.chunk_size_bytes && known.chunk_size_bytes && told.chunk_size_bytes != known.chunk_size_bytes) {
    return fail(errc::length_conflict, "The session has another chunkSize.");
  }
  if (told.total_chunks && known.total_chunks && told.total_chunks != known.total_chunks) {
    return fail(errc::total_conflict, "The session has another total.");
  }
  if (told.total_chunks && !in.chunks.empty() && in.chunks.rbegin()->first >= *told.total_chunks) {
    return fail(errc::total_conflict, "A chunk past this total was created already.");
  }
  const auto total = told.total_chunks ? told.total_chunks : known.total_chunks;
  if (index.has_value() && total.has_value() && *index >= *total) {
    return fail(errc::bad_request, "The index is not below the total.");
  }
  if (!known.chunk_size_bytes) known.chunk_size_bytes = told.chunk_size_bytes;
  if (known.name.empty()) known.name = told.name;
  if (known.format.empty()) known.format = told.format;
  if (!known.duration_ms) known.duration_ms = told.duration_ms;
  if (told.total_chunks && !known.total_chunks) {
    known.total_chunks = told.total_chunks;
    if (in.now == session::state::open) in.now = session::state::sealed;
  }
  return {};
}

result<created_chunk> memory_store::create_now(const create_request& request) {
  const bool is_new = !sessions_.contains(request.id);
  if (!is_new) {
    if (const auto found = find(request.id); !found) return fail(found.error());
  }
  session_record fresh;
  fresh.created_at = fresh.touched_at = time_.utc_now();
  session_record& session = is_new ? fresh : sessions_.at(request.id);
  if (session.now == session::state::damaged) return fail(errc::damaged, session.failure);
  const std::uint32_t index = to_number(request.index);
  if (const auto found = session.chunks.find(index); found != session.chunks.end()) {
    chunk& part = found->second;
    if (request.length_bytes && part.length_bytes && request.length_bytes != part.length_bytes) {
      return fail(errc::length_conflict, "The chunk was created with another length.");
    }
    recording_hints only_total;
    only_total.total_chunks = request.hints.total_chunks;
    if (auto taken = take_hints(session, only_total, std::nullopt); !taken) return fail(taken.error());
    if (!part.length_bytes) part.length_bytes = request.length_bytes;
    assemble_if_ready(session);
    return created_chunk{view_of(session, index), true};
  }
  if (!session::accepts_bytes(session.now)) return fail(errc::state_conflict, "The recording takes no new chunks.");
  if (room_bytes.has_value() && *room_bytes == 0) return fail(errc::no_space, "The disk is full.");
  if (auto taken = take_hints(session, request.hints, index); !taken) return fail(taken.error());
  session_record& kept = is_new ? sessions_.emplace(request.id, std::move(fresh)).first->second : session;
  kept.chunks[index] = {request.length_bytes, request.length_bytes_max, {}, request.metadata, request.concat, nullptr};
  changed(kept);
  assemble_if_ready(kept);
  return created_chunk{view_of(kept, index), false};
}

io::task<result<created_chunk>> memory_store::create(const create_request& request) {
  const auto settled = co_await displace(request.id, request.index);
  if (!settled) co_return fail(settled.error());
  co_return create_now(request);
}

/// Whoever appends to the chunk is asked to let go, and waited for.
io::task<result<void>> memory_store::displace(session::session_id id, chunk_index index) {
  const io::ring_executor executor = co_await boost::asio::this_coro::executor;
  const auto until = executor.context().after(limits::settle_timeout);
  while (true) {
    const auto seen = changed_.ticket();
    const auto part = find_chunk(id, index);
    if (!part || (*part)->holder == nullptr) co_return result<void>{};
    (*part)->holder->displace();
    const auto woken = co_await changed_.wait(seen, until);
    if (woken != 0) co_return fail(errc::locked);
  }
}

io::task<result<std::unique_ptr<writer>>> memory_store::write(const session::session_id& id, chunk_index index) {
  const auto part = find_chunk(id, index);
  if (!part) co_return fail(part.error());
  if (sessions_.at(id).now == session::state::damaged) co_return fail(errc::damaged, sessions_.at(id).failure);
  const auto settled = co_await displace(id, index);
  if (!settled) co_return fail(settled.error());
  const auto still = find_chunk(id, index);
  if (!still) co_return fail(still.error());
  co_return std::make_unique<chunk_writer>(*this, id, index);
}

io::task<result<chunk_view>> memory_store::settle(const session::session_id& id, chunk_index index) {
  const auto settled = co_await displace(id, index);
  if (!settled) co_return fail(settled.error());
  const auto part = find_chunk(id, index);
  if (!part) co_return fail(part.error());
  if (sessions_.at(id).now == session::state::damaged) co_return fail(errc::locked, sessions_.at(id).failure);
  co_return view_of(sessions_.at(id), to_number(index));
}

io::task<result<std::string>> memory_store::read_all(io::body_source& body, std::uint64_t bytes_max) {
  std::string bytes;
  const auto buffer = std::make_shared<std::array<std::byte, 4096>>();
  while (!body.done()) {
    if (const auto held = body.in_hand(); !held.empty()) {
      bytes.append(reinterpret_cast<const char*>(held.data()), held.size());
      body.consume(held.size());
    } else {
      const auto ready = co_await body.wait(buffer->size());
      if (!ready) co_return fail(ready.error());
      const auto count = co_await body.receive(*buffer, buffer);
      if (!count) co_return fail(count.error());
      bytes.append(reinterpret_cast<const char*>(buffer->data()), *count);
    }
    if (bytes.size() > bytes_max) co_return fail(errc::too_large, "The body is longer than a chunk may be.");
  }
  co_return bytes;
}

io::task<result<std::unique_ptr<io::body_source>>> memory_store::hold(io::worker&, io::body_source& body,
                                                                      std::uint64_t bytes_max) {
  auto bytes = co_await read_all(body, bytes_max);
  if (!bytes) co_return fail(bytes.error());
  ++bodies_held_;
  co_return std::make_unique<memory_body>(std::move(*bytes));
}

io::task<result<chunk_view>> memory_store::replace(io::worker&, const create_request& request, io::body_source& body) {
  const auto read = co_await read_all(body, request.length_bytes_max);
  if (!read) co_return fail(read.error());
  const std::string& bytes = *read;
  const auto settled = co_await displace(request.id, request.index);
  if (!settled) co_return fail(settled.error());
  if (const auto part = find_chunk(request.id, request.index); part && (*part)->complete()) {
    if ((*part)->bytes != bytes) co_return fail(errc::content_conflict, "The chunk is complete with other bytes.");
    co_return view_of(sessions_.at(request.id), to_number(request.index));
  }
  if (const auto found = find(request.id); found && !(*found)->chunks.contains(to_number(request.index))) {
    // A new chunk of a known session: created below.
  } else if (found) {
    if (!session::accepts_bytes((*found)->now)) co_return fail(errc::state_conflict, "The recording is closed.");
    (*found)->chunks.erase(to_number(request.index));
  }
  if (!take_room(bytes.size())) co_return fail(errc::no_space, "The disk is full.");
  create_request with_length = request;
  with_length.length_bytes = std::nullopt;  // complete only with its bytes
  const auto created = create_now(with_length);
  if (!created) co_return fail(created.error());
  session_record& session = sessions_.at(request.id);
  chunk& part = session.chunks.at(to_number(request.index));
  part.length_bytes = bytes.size();
  part.bytes = bytes;
  session.touched_at = time_.utc_now();
  changed(session);
  assemble_if_ready(session);
  co_return view_of(session, to_number(request.index));
}

io::task<result<void>> memory_store::remove_chunk(const session::session_id& id, chunk_index index) {
  const auto settled = co_await displace(id, index);
  if (!settled) co_return fail(settled.error());
  const auto part = find_chunk(id, index);
  if (!part) co_return fail(part.error());
  session_record& session = sessions_.at(id);
  if (!session::accepts_bytes(session.now)) co_return fail(errc::state_conflict, "The recording is made of it.");
  session.chunks.erase(to_number(index));
  changed(session);
  co_return result<void>{};
}

}  // namespace wf::test
