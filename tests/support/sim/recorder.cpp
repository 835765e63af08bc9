// A recorder: chunk after chunk, by tus or by the fallback, until every one is told complete.
#include <algorithm>

#include "support/sim/workload.hpp"

namespace wf::sim {

namespace {

const std::pair<std::string, std::string> tus_version{"Tus-Resumable", "1.0.0"};
const std::pair<std::string, std::string> offset_stream{"Content-Type", "application/offset+octet-stream"};

/// An upload that has been 404 was never made, or a crash took it: from the beginning.
constexpr unsigned attempts_before_fallback = 4;

}  // namespace

question workload::creation_of(const upload_state& of, std::uint32_t index) const {
  const session_record& session = *of.session;
  std::string metadata = "chunkIndex " + base64(std::to_string(index));
  if (of.chunk_size_told) metadata += ",chunkSize " + base64(std::to_string(session.chunks[0].length));
  if (index >= of.total_told_from) metadata += ",totalChunks " + base64(std::to_string(session.total));
  metadata += ",recordingName " + base64("take one.webm") + ",format " + base64("webm");
  question what;
  what.verb = "POST";
  what.target = "/files/" + session.id + "/chunks/";
  const chunk_record& chunk = session.chunks[index];
  what.fields = {tus_version, {"Upload-Metadata", std::move(metadata)}};
  if (chunk.deferred) {
    what.fields.emplace_back("Upload-Defer-Length", "1");
  } else {
    what.fields.emplace_back("Upload-Length", std::to_string(chunk.length));
  }
  return what;
}

script<void> workload::record_lane(upload_state& of, unsigned lane) {
  client by{machine_};
  const unsigned lanes = std::min(plan_.lanes, of.session->total);
  for (std::uint32_t index = lane; index < of.session->total; index += lanes) {
    co_await pause{all_, all_.some(0, 30'000)};
    if (of.abandoned && index >= of.session->total / 2) {
      of.session->done = true;
      co_return;
    }
    co_await upload_chunk(by, of, index);
  }
  if (--of.lanes_left == 0) co_await finish(by, of);
}

script<void> workload::upload_chunk(client& by, upload_state& of, std::uint32_t index) {
  session_record& session = *of.session;
  chunk_record& chunk = session.chunks[index];
  std::optional<std::uint64_t> at;
  unsigned failures = 0;
  bool removed = false;
  while (!given_up(session) && !session.assembled) {
    if (at == chunk.length) {
      if (removed || session.total < 2 || !all_.rng.chance(plan_.delete_parts)) co_return;
      removed = true;
      co_await remove_chunk(by, session, index);
      at.reset();
      continue;
    }
    const bool falls_back =
        all_.rng.chance(plan_.fallback_parts) || (failures >= attempts_before_fallback && all_.rng.chance(200'000));
    if (falls_back) {
      const bool taken = co_await fall_back(by, of, index);
      if (taken) at = chunk.length;
      if (!taken) co_await back_off(++failures);
      continue;
    }
    const std::optional<std::uint64_t> before = at;
    if (!at && chunk.created && !all_.rng.chance(100'000)) {
      co_await head(by, session, index, at);
    } else if (!at) {
      const bool made = co_await create(by, of, index, at);
      if (!made && chunk.created) co_await head(by, session, index, at);
    } else {
      co_await patch(by, session, index, at);
    }
    if (at == before || !at) {
      co_await back_off(++failures);
    } else {
      failures = 0;
    }
  }
}

script<bool> workload::create(client& by, upload_state& of, std::uint32_t index, std::optional<std::uint64_t>& at) {
  session_record& session = *of.session;
  chunk_record& chunk = session.chunks[index];
  const expectation then = book_.expect(session, &chunk);
  question what = creation_of(of, index);
  if (chunk.deferred) all_.fired(fault::length_deferred);
  // Without a length the last byte is left to the PATCH that tells it.
  const std::uint64_t most = chunk.deferred ? chunk.length - 1 : chunk.length;
  if (most > 0 && all_.rng.chance(300'000)) {
    const std::uint64_t size = all_.rng.between(1, most);
    what.fields.push_back(offset_stream);
    what.body = content_of(session.chunk_key(index), 0, size);
    chunk.sent = std::max(chunk.sent, size);
    if (all_.trouble && all_.rng.chance(100'000)) what.leaves_after = 300 + all_.rng.below(size);
  }
  const answer said = co_await ask(by, std::move(what));
  if (!said) co_return false;
  if (said->status == 201) {
    at = said->number("upload-offset").value_or(0);
    book_.told_offset(then, *at, "POST");
    co_return true;
  }
  if (said->status == 410 || said->status == 404) book_.told_absent(then, said->status, "POST");
  if (const auto told = said->number("upload-offset"); told && said->status == 409) {
    book_.told_offset(then, *told, "POST 409");
  }
  co_return false;
}

script<void> workload::patch(client& by, session_record& of, std::uint32_t index, std::optional<std::uint64_t>& at) {
  chunk_record& chunk = of.chunks[index];
  const expectation then = book_.expect(of, &chunk);
  const std::uint64_t rest = chunk.length - *at;
  const std::uint64_t size = all_.rng.coin() ? rest : all_.rng.between(std::min<std::uint64_t>(1, rest), rest);
  question what;
  what.verb = "PATCH";
  what.target = address(of, index);
  what.fields = {tus_version, offset_stream, {"Upload-Offset", std::to_string(*at)}};
  what.body = content_of(of.chunk_key(index), *at, *at + size);
  what.chunked = all_.rng.chance(100'000);
  if (all_.trouble && all_.rng.chance(60'000)) what.leaves_after = all_.rng.between(150, 400 + size);
  const std::uint64_t expected = *at + size;
  if (chunk.deferred && (expected == chunk.length || all_.rng.coin())) {
    what.fields.emplace_back("Upload-Length", std::to_string(chunk.length));
  }
  if (size > 0 && all_.rng.chance(plan_.checksum_parts)) {
    what.wrong_checksum = all_.rng.chance(200'000);
    what.fields.emplace_back("Upload-Checksum", checksum_of(what.body, !what.wrong_checksum));
  }
  const bool wrong = what.wrong_checksum;
  if (!wrong) chunk.sent = std::max(chunk.sent, expected);
  const answer said = co_await ask(by, std::move(what));
  at.reset();
  if (!said) co_return;
  if (said->status == 404 || said->status == 410) book_.told_absent(then, said->status, "PATCH");
  if (wrong) {
    all_.fired(fault::checksum_wrong);
    if (said->ok()) all_.violate(fmt::format("{} chunk {}: a wrong checksum was taken for right", of.id, index));
    co_return;
  }
  const auto told = said->number("upload-offset");
  if (!told) co_return;
  book_.told_offset(then, *told, said->ok() ? "PATCH" : "PATCH refused");
  if (said->status == 204 && *told != expected && then.removals == chunk.removals) {
    all_.violate(fmt::format("{} chunk {}: PATCH took {} bytes and says {}", of.id, index, expected, *told));
  }
  at = told;
}

script<void> workload::head(client& by, session_record& of, std::uint32_t index, std::optional<std::uint64_t>& at) {
  chunk_record& chunk = of.chunks[index];
  const expectation then = book_.expect(of, &chunk);
  question what;
  what.verb = "HEAD";
  what.target = address(of, index);
  what.fields = {tus_version};
  const answer said = co_await ask(by, std::move(what));
  at.reset();
  if (!said) co_return;
  if (said->status == 404 || said->status == 410) {
    book_.told_absent(then, said->status, "HEAD");
    if (then.removals == chunk.removals) chunk.created = false;
  }
  if (said->status != 200) co_return;
  at = said->number("upload-offset");
  if (!at) {
    all_.violate("HEAD without an Upload-Offset");
    co_return;
  }
  book_.told_offset(then, *at, "HEAD");
  const bool still_deferred = chunk.deferred && said->fields.contains("upload-defer-length") && *at < chunk.length;
  if (said->number("upload-length") != chunk.length && !still_deferred) {
    all_.violate(fmt::format("{} chunk {}: HEAD tells another length than was given", of.id, index));
  }
}

script<bool> workload::fall_back(client& by, upload_state& of, std::uint32_t index) {
  session_record& session = *of.session;
  chunk_record& chunk = session.chunks[index];
  all_.fired(fault::fell_back);
  const expectation then = book_.expect(session, &chunk);
  std::vector<std::pair<std::string, std::string>> parts{{"session_id", session.id},
                                                         {"chunk_index", std::to_string(index)}};
  if (index >= of.total_told_from) parts.emplace_back("total_chunks", std::to_string(session.total));
  const std::string file = content_of(session.chunk_key(index), 0, chunk.length);
  const bool file_first = all_.rng.chance(200'000);
  std::string body;
  const auto add_file = [&] {
    body += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.webm\"\r\n\r\n" + file + "\r\n";
  };
  if (file_first) add_file();
  for (const auto& [name, value] : parts) {
    body += fmt::format("--edge\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", name, value);
  }
  if (!file_first) add_file();
  body += "--edge--\r\n";
  question what;
  what.verb = "POST";
  what.target = "/upload/chunk";
  what.fields = {{"Content-Type", "multipart/form-data; boundary=edge"}};
  what.body = std::move(body);
  what.chunked = all_.rng.chance(100'000);
  if (all_.trouble && all_.rng.chance(60'000)) what.leaves_after = all_.rng.between(100, what.body.size());
  chunk.sent = chunk.length;
  const answer said = co_await ask(by, std::move(what));
  if (!said) co_return false;
  if (said->status == 410 || said->status == 404) book_.told_absent(then, said->status, "fallback");
  if (said->status == 409 && book_.applies(then) && !session.cancel_begun) {
    all_.violate(
        fmt::format("{} chunk {}: the fallback refuses bytes that are right: {}", session.id, index, said->body));
  }
  if (said->status != 200) co_return false;
  book_.told_offset(then, chunk.length, "fallback");
  co_return true;
}

script<void> workload::remove_chunk(client& by, session_record& of, std::uint32_t index) {
  chunk_record& chunk = of.chunks[index];
  const expectation then = book_.expect(of);
  book_.removal_begins(chunk);
  question what;
  what.verb = "DELETE";
  what.target = address(of, index);
  what.fields = {tus_version};
  const answer said = co_await ask(by, std::move(what));
  book_.removal_ends(chunk);
  if (said && said->status >= 500) book_.removal_failed(chunk);
  if (said && said->status == 204) {
    book_.told_success(then, "DELETE of a chunk");
    all_.fired(fault::chunk_deleted);
  }
}

}  // namespace wf::sim
