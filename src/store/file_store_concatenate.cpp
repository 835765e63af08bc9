#include <openssl/sha.h>

#include "waveforge/store/file_copy.hpp"
#include "waveforge/store/file_store.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// How long a part that is complete may take to become a file of its own.
constexpr auto part_patience = std::chrono::seconds{30};

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

}  // namespace

io::task<result<created_chunk>> file_store::concatenate(const concatenate_request& request) {
  return uninterrupted(concatenate_now(request));
}

io::task<result<created_chunk>> file_store::concatenate_now(const concatenate_request& request) {
  std::vector<std::uint64_t> lengths;
  std::uint64_t total = 0;
  for (const auto& part : request.parts) {
    const auto one = co_await settle_now(part, 0);
    if (!one) co_return fail(one.error());
    if (one->concat != "partial") co_return fail(errc::bad_request, "an upload of the list is not a partial one");
    if (!one->complete()) co_return fail(errc::bad_request, "an upload of the list is not complete");
    lengths.push_back(one->offset_bytes);
    total += one->offset_bytes;
  }
  create_request creation;
  creation.id = id_of(request);
  creation.length_bytes = total;
  creation.length_bytes_max = total;
  creation.hints = request.hints;
  creation.hints.total_chunks = 1;
  creation.metadata = request.metadata;
  creation.concat = request.concat;
  auto created = co_await create_now(creation);
  if (created) created->id = creation.id;
  if (!created || created->chunk.complete()) co_return created;

  auto held = co_await core_.open(creation.id);
  if (!held) co_return fail(held.error());
  std::uint64_t begin = 0;
  std::uint64_t held_bytes = created->chunk.offset_bytes;
  for (std::size_t i = 0; i < request.parts.size(); ++i) {
    const auto added = co_await append_part(*held, request.parts[i], begin, held_bytes);
    if (!added) co_return fail(added.error());
    begin += lengths[i];
    held_bytes = std::max(held_bytes, begin);
  }
  commit_request commit;
  {
    const std::lock_guard lock{(*held)->mutex};
    session::chunk* one = (*held)->value.chunks.find(0);
    if (one == nullptr) co_return fail(errc::cancelled, "the upload was removed while it was put together");
    one->written_bytes = total;
    one->touched_at = world_.time.utc_now();
    commit.rows = {progress_row(creation.id, 0, *one, total, true, core_.era)};
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
  core_.assemble_if_ready(held->entry());
  created->chunk.offset_bytes = total;
  co_return created;
}

io::task<result<std::uint64_t>> file_store::append_part(session_hold& held, const session::session_id& part,
                                                        std::uint64_t offset, std::uint64_t held_bytes) {
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
  if (length == 0 || offset + length <= held_bytes) co_return length;
  const auto segment = co_await held->files.segment();
  if (!segment) co_return fail(segment.error());
  const auto copied = co_await copy_file(*recording->file, 0, length, (*segment)->plain, offset);
  if (!copied) co_return fail(copied.error());
  (*segment)->dirty.store(true, std::memory_order_release);
  co_return length;
}

}  // namespace wf::store
