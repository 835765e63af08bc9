#include "fault/support/inspector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace wf::test {
namespace {

bool creations_last(const ledger& book, crash died) {
  return died == crash::process || book.durability() != level::none;
}

std::uint64_t floor_of(const chunk_note& one, crash died) {
  return died == crash::process ? one.told_bytes : one.durable_bytes;
}

void forget(chunk_note& one) {
  const chunk_note fresh{one.begin_bytes, one.length_bytes};
  one = fresh;
}

/// A session that is put together after a crash answers 423 while the disk lets its assembler wait; that passes.
answer head_once_settled(tus_client& client, const std::string& path) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (;;) {
    answer got = client.head(path);
    if (got.status != 423 || std::chrono::steady_clock::now() > until) return got;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

void inspect_chunk(ledger& book, tus_client& client, recording_note& of, std::uint32_t index, crash died) {
  chunk_note& one = of.chunks[index];
  const bool must_exist = one.create_told && !one.remove_asked && creations_last(book, died);
  const bool may_exist = one.create_asked;
  const answer got = head_once_settled(client, of.path_of(index));
  if (got.status == 404) {
    if (must_exist) book.violation(of, fmt::format("chunk {} was created and is unknown", index));
    forget(one);
    return;
  }
  if (got.status != 200 || !got.upload_offset()) {
    book.violation(of, fmt::format("HEAD of chunk {}: {}", index, got.status));
    return;
  }
  const std::uint64_t offset = *got.upload_offset();
  if (!may_exist) book.violation(of, fmt::format("chunk {} exists and nobody created it, or it was removed", index));
  if (got.field("Upload-Length").value_or("") != std::to_string(one.length_bytes)) {
    book.violation(of, fmt::format("chunk {} has another length", index));
  }
  const std::uint64_t floor = one.remove_asked ? 0 : floor_of(one, died);
  if (offset < floor) {
    book.violation(
        of, fmt::format("chunk {}: {} bytes were acknowledged by {}, {} are there", index, floor, one.told_by, offset));
  }
  if (offset > one.sent_bytes) {
    book.violation(of, fmt::format("chunk {}: {} bytes are told of, only {} were sent", index, offset, one.sent_bytes));
  }
  chunk_note now{one.begin_bytes, one.length_bytes, true, true, false, offset, offset, 0, "HEAD after a crash"};
  const bool lasts =
      book.durability() == level::patch || (book.durability() == level::chunk && offset == now.length_bytes);
  if (lasts) now.durable_bytes = offset;
  one = now;
}

/// What an upload or session as a whole answers; true: its chunks are to be looked at.
bool inspect_whole(ledger& book, tus_client& client, recording_note& of, crash died) {
  const bool session = of.where == surface::session;
  const session_status now = session ? client.status(of.session) : session_status{};
  const int status = session ? now.http_status : head_once_settled(client, of.session).status;
  const bool must_exist = std::ranges::any_of(of.chunks, [&](const chunk_note& one) {
    return one.create_told && !one.remove_asked && creations_last(book, died);
  });
  if (of.delete_told) {
    if (status != 410) book.violation(of, fmt::format("it was removed and answers {}", status));
    return false;
  }
  if (status == 410) {
    if (!of.delete_asked) book.violation(of, "it is gone and nobody removed it");
    of.delete_told = true;
    return false;
  }
  of.delete_asked = of.delete_asked_in_vain = false;
  if (status == 404) {
    if (must_exist || of.assembled_told) book.violation(of, "it was acknowledged and is unknown");
    for (chunk_note& one : of.chunks) forget(one);
    if (!session) of.session.clear();
    of.assembled_told = false;
    return false;
  }
  if (status != 200) {
    book.violation(of, fmt::format("it answers {}", status));
    return false;
  }
  if (!session) return true;
  if (now.state == "damaged" || now.state == "failed") {
    book.violation(of, fmt::format("it is {}: {}", now.state, now.error));
    return false;
  }
  if (of.assembled_told && now.state != "assembled") {
    book.violation(of, fmt::format("it was assembled and is {}", now.state));
  }
  return true;
}

}  // namespace

void inspect(ledger& book, tus_client& client, recording_note& of, crash died) {
  const std::lock_guard lock{of.mutex};
  const bool asked = std::ranges::any_of(of.chunks, [](const chunk_note& one) { return one.create_asked; });
  if (of.where == surface::tus && of.session.empty()) return;  // no answer ever said where it is
  if (!asked && !of.delete_asked) return;
  if (died == crash::machine && book.durability() == level::none) of.assembled_told = false;
  if (!inspect_whole(book, client, of, died)) return;
  for (std::uint32_t index = 0; index < of.chunks.size(); ++index) inspect_chunk(book, client, of, index, died);
}

}  // namespace wf::test
