// The half of the model that is about whole sessions: status, assembly, recordings, removal, joining.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "support/memory_store.hpp"
#include "support/memory_writer.hpp"
#include "waveforge/base/check.hpp"
#include "waveforge/session/recording.hpp"

namespace wf::test {

using namespace wf::store;

void memory_store::finish(session_record& in) {
  std::string all;
  for (const auto& [index, part] : in.chunks) all += part.bytes;
  in.recording = std::move(all);
  in.now = session::state::assembled;
}

void memory_store::assemble_if_ready(session_record& in) {
  if (in.now != session::state::sealed || in.chunks.size() != *in.hints.total_chunks) return;
  for (const auto& [index, part] : in.chunks) {
    if (!part.complete()) return;
  }
  in.now = session::state::assembling;
  if (assemble_at_once) finish(in);
  changed(in);
}

void memory_store::finish_assembly(const session::session_id& id) {
  finish(sessions_.at(id));
  changed(sessions_.at(id));
}

void memory_store::damage(const session::session_id& id, std::string why) {
  sessions_.at(id).now = session::state::damaged;
  sessions_.at(id).failure = std::move(why);
  changed(sessions_.at(id));
}

void memory_store::expire(const session::session_id& id) {
  session_record& session = sessions_.at(id);
  session.chunks.clear();
  session.now = session::state::expired;
  changed(session);
}

std::string memory_store::bytes_of(const session::session_id& id, std::uint32_t index) const {
  return sessions_.at(id).chunks.at(index).bytes;
}

std::string memory_store::recording_of(const session::session_id& id) const {
  return sessions_.at(id).recording.value_or("");
}

io::task<result<session_view>> memory_store::status(const session::session_id& id) {
  const auto found = find(id);
  if (!found) co_return fail(found.error());
  co_return view_of(id, **found);
}

io::task<result<session_view>> memory_store::wait_for_change(const session::session_id& id, std::uint64_t seen,
                                                             io::deadline until) {
  while (true) {
    const auto ticket = changed_.ticket();
    const auto found = find(id);
    if (!found) co_return fail(found.error());
    if ((*found)->version > seen) co_return view_of(id, **found);
    const auto woken = co_await changed_.wait(ticket, until);
    if (woken != 0) co_return fail(errc::timed_out);
  }
}

io::task<result<session_view>> memory_store::assemble(const assemble_request& request) {
  const auto found = find(request.id);
  if (!found) co_return fail(found.error());
  session_record& session = **found;
  if (session.now == session::state::damaged) co_return fail(errc::damaged, session.failure);
  if (session::accepts_bytes(session.now)) {
    const std::uint32_t seen = session.chunks.empty() ? 0 : session.chunks.rbegin()->first + 1;
    const std::uint32_t total = request.total_chunks.value_or(session.hints.total_chunks.value_or(seen));
    for (std::uint32_t index = 0; index < total; ++index) {
      const auto part = session.chunks.find(index);
      if (part == session.chunks.end() || !part->second.complete()) co_return fail(errc::chunks_missing);
    }
    if (total == 0) co_return fail(errc::chunks_missing);
    session.chunks.erase(session.chunks.lower_bound(total), session.chunks.end());
    session.hints.total_chunks = total;
    session.now = session::state::sealed;
    assemble_if_ready(session);
  } else if (request.total_chunks.has_value() && request.total_chunks != session.hints.total_chunks) {
    co_return fail(errc::total_conflict, "The recording was made of another number of chunks.");
  }
  if (request.name.has_value() && !request.name->empty()) session.hints.name = *request.name;
  if (request.metadata_json.has_value()) session.late_metadata = *request.metadata_json;
  changed(session);
  co_return view_of(request.id, session);
}

io::task<result<recording_handle>> memory_store::open_recording(const session::session_id& id) {
  const auto found = find(id);
  if (!found) co_return fail(found.error());
  const session_record& session = **found;
  if (!session.recording.has_value()) co_return fail(errc::not_found, "The recording is not assembled yet.");
  const io::ring_executor executor = co_await boost::asio::this_coro::executor;
  const int fd = memfd_create("recording", MFD_CLOEXEC);
  WF_CHECK(fd >= 0);
  const auto wrote = ::write(fd, session.recording->data(), session.recording->size());
  WF_CHECK(wrote == static_cast<ssize_t>(session.recording->size()));
  recording_handle handle;
  handle.file = std::make_shared<io::file>(io::descriptor{executor.context().world(), fd});
  handle.size_bytes = session.recording->size();
  handle.etag = "\"" + std::to_string(std::hash<std::string>{}(*session.recording)) + "\"";
  handle.original_name = session.hints.name;
  handle.format = session.hints.format;
  session::recording named;
  named.format = session.hints.format;
  named.file_name = session::recording_file_name(session.hints.format, session.hints.name);
  handle.media_type = session::media_type_of(named);
  handle.finished_at = session.touched_at;
  co_return handle;
}

io::task<result<void>> memory_store::remove(const session::session_id& id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) co_return fail(errc::not_found, "There is no session of this name.");
  session_record& session = found->second;
  if (session::is_tombstone(session.now)) co_return result<void>{};
  for (auto& [index, part] : session.chunks) {
    if (part.holder != nullptr) part.holder->displace();
  }
  session.chunks.clear();
  session.recording.reset();
  session.hints = {};
  session.now = session::state::cancelled;
  changed(session);
  co_return result<void>{};
}

io::task<result<created_chunk>> memory_store::concatenate(const concatenate_request& request) {
  std::string all;
  std::string name = request.concat + "\n" + request.metadata;
  for (std::size_t place = 0; place < request.parts.size(); ++place) {
    const std::string which = "Part " + std::to_string(place + 1);
    const auto part = find_chunk(request.parts[place], chunk_index{0});
    if (!part) co_return fail(errc::not_found, which + " is not there.");
    if ((*part)->concat != "partial") co_return fail(errc::bad_request, which + " is not a partial upload.");
    if (!(*part)->complete() && !request.parts_may_be_unfinished) {
      co_return fail(errc::bad_request, which + " is not finished.");
    }
    all += (*part)->bytes;
  }
  for (const auto& [id, session] : sessions_) {
    if (session.concat == name && !session::is_tombstone(session.now)) {
      co_return created_chunk{view_of(session, 0), true, id};
    }
  }
  session_record made;
  made.created_at = made.touched_at = time_.utc_now();
  made.hints = request.hints;
  made.hints.total_chunks = 1;
  made.concat = std::move(name);
  made.now = session::state::sealed;
  made.chunks[0] = {all.size(), all.size(), all, request.metadata, request.concat, nullptr};
  assemble_if_ready(made);
  auto& kept = sessions_[request.id] = std::move(made);
  co_return created_chunk{view_of(kept, 0), false, request.id};
}

io::task<result<session_page>> memory_store::list(std::string after, std::uint32_t count_max) {
  session_page page;
  for (const auto& [id, session] : sessions_) {
    if (id.space() != session::id_space::recording || id.text() <= after) continue;
    if (page.lines.size() == count_max) {
      page.next = std::string{page.lines.back().id.text()};
      break;
    }
    const session_view view = view_of(id, session);
    page.lines.push_back({id, view.state, view.chunks_complete, view.total_chunks, view.bytes_received,
                          view.recording_name, view.created_at, view.updated_at});
  }
  co_return page;
}

result<void> memory_store::ready() const {
  if (not_ready.has_value()) return fail(*not_ready);
  return {};
}

}  // namespace wf::test
