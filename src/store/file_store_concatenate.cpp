#include <fmt/format.h>
#include <openssl/sha.h>

#include "waveforge/base/limits.hpp"
#include "waveforge/store/file_store.hpp"

namespace wf::store {

namespace {

/// How long the request that makes a final upload waits for it to be put together; proxies give up after a minute. It
/// goes on then, and HEAD tells when it is whole.
constexpr auto join_patience = std::chrono::seconds{30};

/// An upload that was removed keeps its id for as long as its tombstone stays; the same list then makes another one.
constexpr unsigned removed_before_max = 16;

/// The same parts, metadata and order give the same id, so that a repeated request finds the same upload. It is as hard
/// to guess as the parts' own ids.
session::session_id id_of(const concatenate_request& request, unsigned removed_before) {
  std::string text = request.concat;
  text.push_back('\0');
  text += request.metadata;
  for (const auto& part : request.parts) {
    text.push_back('\0');
    text += part.text();
  }
  if (removed_before > 0) {
    text.push_back('\0');
    text += std::to_string(removed_before);
  }
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<std::byte, 16> half{};
  for (std::size_t i = 0; i < half.size(); ++i) half[i] = std::byte{digest[i]};
  return session::session_id::make_upload(half);
}

}  // namespace

io::task<result<chunk_view>> file_store::join_if_possible(chunk_view seen, session::session_id id) {
  if (!is_final(seen.concat) || seen.complete()) co_return seen;
  const auto joined = co_await joins_.join(id, io::deadline{world_.time.now() + limits::settle_timeout});
  // Whatever is wrong with its parts, it can be looked at as it is.
  if (!joined) co_return seen;
  auto now = co_await settle_now(std::move(id), 0);
  co_return now;
}

io::task<result<created_chunk>> file_store::concatenate(const concatenate_request& request) {
  return uninterrupted(concatenate_now(request));
}

io::task<result<created_chunk>> file_store::concatenate_now(const concatenate_request& request) {
  create_request creation;
  for (unsigned removed_before = 0;; ++removed_before) {
    creation.id = id_of(request, removed_before);
    // Asked for again, it is what it was: its parts may be gone by now.
    auto found = co_await settle_joined(creation.id, 0);
    if (found) co_return created_chunk{std::move(*found), true, creation.id};
    const errc why = found.error().code;
    if (why == errc::not_found) break;
    const bool removed = why == errc::cancelled || why == errc::expired;
    if (!removed || removed_before == removed_before_max) co_return fail(found.error());
  }

  const auto seen = co_await joins_.look_at(request.parts);
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
  // One more name of a part takes no blocks.
  if (seen->with_bytes <= 1) creation.room_bytes = 0U;
  auto created = co_await create_now(creation);
  if (!created) co_return created;
  created->id = creation.id;
  if (created->chunk.complete()) co_return created;
  if (!seen->complete) {
    joins_.watch(creation.id);
    co_return created;
  }
  const auto joined = co_await joins_.join(creation.id, io::deadline{world_.time.now() + join_patience});
  if (!joined && joined.error().code != errc::timed_out) co_return fail(joined.error());
  if (!joined) joins_.watch(creation.id);
  auto now = co_await settle_now(creation.id, 0);
  if (!now) co_return fail(now.error());
  created->chunk = std::move(*now);
  co_return created;
}

}  // namespace wf::store
