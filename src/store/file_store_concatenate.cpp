#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>

#include "waveforge/store/file_copy.hpp"
#include "waveforge/store/file_store.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// How long a part that is complete may take to become a file of its own.
constexpr auto part_patience = std::chrono::seconds{30};
/// Final uploads whose parts somebody waits for; each costs a coroutine. The others are joined when they are asked for.
constexpr std::size_t joins_waiting_max = 1000;
constexpr auto part_look_interval = std::chrono::seconds{10};
constexpr std::string_view final_prefix{"final;"};

/// The same parts, metadata and order give the same id, so that a repeated request finds the same upload. It is as hard
/// to guess as the parts' own ids.
session::session_id id_of(const concatenate_request& request) {
  std::string text = request.concat;
  text.push_back('\0');
  text += request.metadata;
  for (const auto& part : request.parts) {
    text.push_back('\0');
    text += part.text();
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<std::byte, 16> half{};
  for (std::size_t i = 0; i < half.size(); ++i) half[i] = std::byte{digest[i]};
  return session::session_id::make_upload(half);
}

/// The uploads a final one was asked to be made of, from what the client sent: their names end its URLs.
std::vector<session::session_id> parts_of(std::string_view concat) {
  std::vector<session::session_id> parts;
  concat.remove_prefix(std::min(concat.size(), final_prefix.size()));
  while (!concat.empty()) {
    const std::string_view url = concat.substr(0, concat.find(' '));
    concat.remove_prefix(std::min(concat.size(), url.size() + 1));
    if (url.empty()) continue;
    const auto id = session::session_id::parse_upload(url.substr(url.rfind('/') + 1));
    if (!id) return {};
    parts.push_back(*id);
  }
  return parts;
}

}  // namespace

io::task<result<chunk_view>> file_store::join_if_possible(chunk_view seen, session::session_id id) {
  if (!seen.concat.starts_with(final_prefix) || seen.complete()) co_return seen;
  auto joined = co_await join_parts(std::move(id), parts_of(seen.concat));
  // Parts that are gone for good leave it as it is.
  if (!joined && joined.error().code != errc::locked) co_return seen;
  co_return joined;
}

io::task<result<created_chunk>> file_store::concatenate(const concatenate_request& request) {
  return uninterrupted(concatenate_now(request));
}

io::task<result<created_chunk>> file_store::concatenate_now(const concatenate_request& request) {
  create_request creation;
  creation.id = id_of(request);
  // Asked for again, it is what it was: its parts may be gone by now.
  auto found = co_await settle_joined(creation.id, 0);
  if (found) co_return created_chunk{std::move(*found), true, creation.id};
  if (found.error().code != errc::not_found) co_return fail(found.error());

  const auto seen = co_await look_at_parts(request.parts);
  if (!seen) co_return fail(seen.error());
  if (!seen->complete && !request.parts_may_be_unfinished) {
    co_return fail(errc::bad_request, "an upload of the list is not complete");
  }
  if (request.length_bytes_max && seen->known_bytes > *request.length_bytes_max) {
    co_return fail(errc::too_large, fmt::format("the uploads of the list have {} bytes; at most {} are taken",
                                                seen->known_bytes, *request.length_bytes_max));
  }
  creation.length_bytes = seen->length_bytes;
  creation.length_bytes_max = seen->length_bytes.value_or(request.length_bytes_max.value_or(INT64_MAX));
  creation.hints = request.hints;
  creation.hints.total_chunks = 1;
  creation.metadata = request.metadata;
  creation.concat = request.concat;
  auto created = co_await create_now(creation);
  if (!created) co_return created;
  created->id = creation.id;
  if (created->chunk.complete()) co_return created;
  if (!seen->complete) {
    background_ring_.post([this, id = creation.id, parts = request.parts] {
      if (joins_waiting_ >= joins_waiting_max) return;  // whoever asks for it later joins it
      if (background_.spawn(join_when_complete(id, parts))) ++joins_waiting_;
    });
    co_return created;
  }
  auto joined = co_await join_parts(creation.id, request.parts);
  if (!joined) co_return fail(joined.error());
  created->chunk = std::move(*joined);
  co_return created;
}

io::task<result<file_store::parts_seen>> file_store::look_at_parts(std::vector<session::session_id> parts) {
  parts_seen seen{true, 0, 0};
  for (const auto& part : parts) {
    // A part that is still being sent is not disturbed.
    const auto held = co_await core_.open(part);
    if (!held) co_return fail(held.error());
    const std::lock_guard lock{(*held)->mutex};
    const session::chunk* found = (*held)->value.chunks.find(0);
    if (found == nullptr) co_return fail(errc::not_found, "an upload of the list is not there");
    if (found->concat != "partial") co_return fail(errc::bad_request, "an upload of the list is not a partial one");
    const chunk_view one = (*held)->view_chunk(0, *found, with_.expiry());
    seen.complete = seen.complete && one.complete();
    seen.known_bytes += one.length_bytes.value_or(one.offset_bytes);
    if (!one.length_bytes) seen.length_bytes = std::nullopt;
    if (seen.length_bytes) *seen.length_bytes += *one.length_bytes;
  }
  co_return seen;
}

io::task<result<chunk_view>> file_store::join_parts(session::session_id id, std::vector<session::session_id> parts) {
  const auto seen = co_await look_at_parts(parts);
  if (!seen) co_return fail(seen.error());
  auto right = co_await write_now(id, 0);
  if (!right) co_return fail(right.error());
  if (!seen->complete || (*right)->chunk().complete()) co_return (*right)->chunk();
  const std::uint64_t total = seen->known_bytes;
  auto held = co_await core_.open(id);
  if (!held) co_return fail(held.error());
  commit_request commit;
  std::uint64_t owed = 0;
  {
    const std::lock_guard lock{(*held)->mutex};
    auto& value = (*held)->value;
    session::chunk* one = value.chunks.find(0);
    if (one == nullptr) co_return fail(errc::cancelled, "the upload was removed before it was put together");
    owed = one->length_bytes.value_or(0);
    if (!one->length_bytes) {
      // Now that its length is known it has a place.
      session::chunk placed = *one;
      placed.length_bytes = total;
      value.chunks.erase(0);
      const auto found = session::place_chunk({}, value.chunks, 0, total, std::nullopt, 1);
      value.layout = found.after;
      placed.where = found.where;
      commit.rows = {session_row(value), chunk_row(id, 0, value.chunks.add(0, std::move(placed)))};
    }
  }
  std::uint64_t begin = 0;
  for (const auto& part : parts) {
    const auto added = co_await append_part(*held, part, begin);
    if (!added) co_return fail(added.error());
    begin += *added;
  }
  {
    const std::lock_guard lock{(*held)->mutex};
    session::chunk* one = (*held)->value.chunks.find(0);
    if (one == nullptr) co_return fail(errc::cancelled, "the upload was removed while it was put together");
    one->written_bytes = total;
    (*held)->reserved.take(owed);
    one->touched_at = world_.time.utc_now();
    commit.rows.push_back(progress_row(id, 0, *one, total, true, core_.era));
  }
  commit.files = (*held)->files.dirty_files();
  commit.directories = (*held)->files.dirty_directories();
  commit.sync = true;
  commit.ended = [entry = held->entry(), total](const result<void>& outcome) {
    if (!outcome) return;
    {
      const std::lock_guard lock{entry->mutex};
      if (session::chunk* one = entry->value.chunks.find(0)) one->promised_bytes = one->vouched_bytes = total;
      store_core::touch(*entry);
    }
    entry->changed.notify_all();
  };
  const auto committed = co_await commits_.commit(std::move(commit));
  if (!committed) co_return fail(committed.error());
  chunk_view joined = (*right)->chunk();
  joined.length_bytes = joined.offset_bytes = total;
  right->reset();
  core_.assemble_if_ready(held->entry());
  co_return joined;
}

io::task<void> file_store::join_when_complete(session::session_id id, std::vector<session::session_id> parts) {
  for (const auto& part : parts) {
    auto now = co_await status(part);
    while (now && now->state != session::state::assembled && !background_.closed()) {
      // A session that left memory meanwhile is looked up again.
      const std::uint64_t version = now->version;
      now = co_await wait_for_change(part, version, background_ring_.after(part_look_interval));
      if (!now && now.error().code == errc::timed_out) now = co_await status(part);
    }
    if (!now || background_.closed()) break;
  }
  --joins_waiting_;
  if (background_.closed()) co_return;
  const auto joined = co_await join_parts(id, std::move(parts));
  if (!joined) {
    world_.log.info("parts_not_joined", {{"upload", id.text()}, {"why", std::string_view{joined.error().detail}}});
  }
}

io::task<result<std::uint64_t>> file_store::append_part(session_hold& held, const session::session_id& part,
                                                        std::uint64_t offset) {
  const io::deadline until{world_.time.now() + part_patience};
  auto recording = co_await open_recording(part);
  std::uint64_t seen = 0;
  while (!recording && recording.error().code == errc::not_found) {
    const auto changed = co_await wait_for_change(part, seen, until);
    if (!changed) co_return fail(changed.error());
    seen = changed->version;
    recording = co_await open_recording(part);
  }
  if (!recording) co_return fail(recording.error());
  const std::uint64_t length = recording->size_bytes;
  if (length == 0) co_return length;
  const auto segment = co_await held->files.segment();
  if (!segment) co_return fail(segment.error());
  const auto copied = co_await copy_file(*recording->file, 0, length, (*segment)->plain, offset);
  if (!copied) co_return fail(copied.error());
  (*segment)->dirty.store(true, std::memory_order_release);
  co_return length;
}

}  // namespace wf::store
