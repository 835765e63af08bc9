#include "fault/support/uploader.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <thread>

#include "support/raw_client.hpp"
#include "wfload/base64.hpp"
#include "wfload/session_name.hpp"

namespace wf::test {
namespace {

constexpr std::string_view tus_line = "Tus-Resumable: 1.0.0\r\n";
constexpr std::string_view stream_line = "Content-Type: application/offset+octet-stream\r\n";
constexpr std::string_view boundary = "--------------------wf-fault-boundary";

std::string checksum_of(std::span<const std::byte> bytes, const char* algorithm) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_get_digestbyname(algorithm), nullptr);
  return fmt::format("{} {}", algorithm, load::base64({reinterpret_cast<const char*>(digest.data()), length}));
}

std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span{text.data(), text.size()});
}

}  // namespace

std::shared_ptr<recording_note> make_recording(std::uint64_t seed, std::uint64_t number) {
  std::mt19937_64 draw{load::mix(seed, number)};
  const auto between = [&](std::uint64_t low, std::uint64_t high) { return low + draw() % (high - low + 1); };
  auto made = std::make_shared<recording_note>();
  made->number = number;
  made->where = between(0, 4) == 0 ? surface::tus : surface::session;
  const bool regular = between(0, 2) != 0;
  const std::uint64_t count = made->where == surface::tus ? 1 : between(1, 6);
  // Whole blocks and odd lengths; a few long enough for direct writes and for several pieces.
  std::uint64_t usual = between(1, 60'000);
  if (between(0, 1) == 0) usual = 4096 * between(1, 48);
  if (between(0, 9) == 0) usual = between(600'000, 1'500'000);
  if (regular && made->where == surface::session) made->chunk_bytes = usual;
  if (made->where == surface::session) made->session = load::session_name(seed, number);
  for (std::uint64_t index = 0; index < count; ++index) {
    chunk_note one;
    one.begin_bytes = made->size_bytes;
    one.length_bytes = usual;
    if (!regular) one.length_bytes = between(1, 2 * usual);
    if (index + 1 == count) one.length_bytes = between(1, usual);
    if (!regular && between(0, 7) == 0) one.length_bytes = 0;
    made->size_bytes += one.length_bytes;
    made->chunks.push_back(one);
  }
  return made;
}

uploader::uploader(const workload& of, std::uint64_t seed, std::uint16_t port)
    : of_{of}, engine_{seed}, port_{port}, client_{port} {}

std::uint64_t uploader::pick(std::uint64_t below) {
  return engine_() % below;
}

std::vector<std::byte> uploader::bytes_of(const recording_note& of, std::uint64_t from, std::uint64_t count) const {
  std::vector<std::byte> out(count);
  of_.bytes->fill(of.number, from, out);
  return out;
}

bool uploader::explained(int status) const {
  // A later request of ours displaced an earlier one that has not settled, or the server is going down.
  return status == 423 || of_.over->load();
}

void uploader::surprise(recording_note& of, std::string_view doing, const answer& got) {
  if (explained(got.status)) return;
  of_.book->violation(of, fmt::format("{}: answered {} {}", doing, got.status, got.body));
}

bool uploader::finished(recording_note& of) {
  const std::lock_guard lock{of.mutex};
  return of.delete_told || of.assembled_told;
}

bool uploader::exists(recording_note& of) {
  const std::lock_guard lock{of.mutex};
  return std::ranges::any_of(of.chunks, [](const chunk_note& one) { return one.create_told; });
}

std::optional<std::uint32_t> uploader::unfinished_chunk(recording_note& of) {
  const std::lock_guard lock{of.mutex};
  std::vector<std::uint32_t> open;
  for (std::uint32_t index = 0; index < of.chunks.size(); ++index) {
    const chunk_note& one = of.chunks[index];
    if (!one.create_told || one.told_bytes != one.length_bytes) open.push_back(index);
  }
  if (open.empty()) return std::nullopt;
  return open[pick(open.size())];
}

std::string uploader::metadata_for(recording_note& of, std::uint32_t index) {
  tus_client::creation what{index, of.chunks[index].length_bytes};
  what.chunk_bytes = of.chunk_bytes;
  if (pick(4) == 0) what.total_chunks = static_cast<std::uint32_t>(of.chunks.size());
  return metadata_of(what);
}

void uploader::create_tus(recording_note& of) {
  {
    const std::lock_guard lock{of.mutex};
    of.chunks[0].create_asked = false;
    of_.book->ask_to_create(of.chunks[0]);
  }
  const answer got = client_.request("POST", "/tus/",
                                     fmt::format("{}Upload-Length: {}\r\nUpload-Metadata: filetype {}\r\n", tus_line,
                                                 of.size_bytes, load::base64("audio/webm")));
  if (got.status != 201) return surprise(of, "create an upload", got);
  {
    const std::lock_guard lock{of.mutex};
    of.session = got.field("Location").value_or("");
  }
  of_.book->created(of, 0);
}

void uploader::create(recording_note& of, std::uint32_t index, bool with_body) {
  if (of.where == surface::tus) {
    if (of.session.empty()) create_tus(of);
    return;
  }
  std::string fields = fmt::format("{}Upload-Length: {}\r\nUpload-Metadata: {}\r\n", tus_line,
                                   of.chunks[index].length_bytes, metadata_for(of, index));
  std::vector<std::byte> body;
  {
    const std::lock_guard lock{of.mutex};
    chunk_note& one = of.chunks[index];
    of_.book->ask_to_create(one);
    if (with_body) {
      // From its first byte: what is held already is compared, the rest is appended.
      body = bytes_of(of, one.begin_bytes, one.length_bytes);
      fields += stream_line;
      of_.book->ask_to_keep(one, one.length_bytes);
    }
  }
  const answer got = client_.request("POST", fmt::format("/files/{}/chunks/", of.session), fields, body);
  if (got.status != 201) return surprise(of, fmt::format("create chunk {}", index), got);
  of_.book->told(of, index, got.upload_offset().value_or(0), "201");
}

void uploader::note_appended(recording_note& of, std::uint32_t index, std::string_view doing, const answer& got) {
  if (got.status == 204) {
    const auto offset = got.upload_offset();
    std::uint64_t sent = 0;
    {
      const std::lock_guard lock{of.mutex};
      sent = of.chunks[index].sent_bytes;
    }
    if (!offset || *offset > sent) {
      of_.book->violation(of, fmt::format("{} {}: a 204 with an offset nobody sent bytes for", doing, index));
      return;
    }
    of_.book->told(of, index, *offset, "204");
    return;
  }
  // The offset may have moved behind our back by a body that was broken off; HEAD will tell.
  if (got.status == 409 && got.upload_offset()) {
    of_.book->told(of, index, *got.upload_offset(), "409");
    return;
  }
  surprise(of, fmt::format("{} {}", doing, index), got);
}

void uploader::append(recording_note& of, std::uint32_t index, std::uint64_t bytes) {
  std::uint64_t from = 0;
  std::vector<std::byte> body;
  {
    const std::lock_guard lock{of.mutex};
    chunk_note& one = of.chunks[index];
    from = one.told_bytes;
    body = bytes_of(of, one.begin_bytes + from, std::min(bytes, one.length_bytes - from));
    of_.book->ask_to_keep(one, from + body.size());
  }
  std::string fields = fmt::format("{}{}Upload-Offset: {}\r\n", tus_line, stream_line, from);
  if (pick(3) == 0) {
    const char* algorithms[] = {"sha1", "sha256", "md5"};
    fields += fmt::format("Upload-Checksum: {}\r\n", checksum_of(body, algorithms[pick(3)]));
  }
  note_appended(of, index, "append to", client_.request("PATCH", of.path_of(index), fields, body));
}

void uploader::append_chunked(recording_note& of, std::uint32_t index, std::uint64_t bytes) {
  std::uint64_t from = 0;
  std::vector<std::byte> body;
  {
    const std::lock_guard lock{of.mutex};
    chunk_note& one = of.chunks[index];
    from = one.told_bytes;
    body = bytes_of(of, one.begin_bytes + from, std::min(bytes, one.length_bytes - from));
    of_.book->ask_to_keep(one, from + body.size());
  }
  const bool trailer = pick(2) == 0;
  raw_client own{port_};
  own.send(fmt::format("PATCH {} HTTP/1.1\r\nHost: x\r\n{}{}Upload-Offset: {}\r\nTransfer-Encoding: chunked\r\n{}\r\n",
                       of.path_of(index), tus_line, stream_line, from, trailer ? "Trailer: Upload-Checksum\r\n" : ""));
  std::span<const std::byte> rest{body};
  while (!rest.empty()) {
    const auto piece = rest.first(std::min<std::size_t>(rest.size(), 1 + pick(30'000)));
    own.send(fmt::format("{:x}\r\n", piece.size()));
    own.send(piece);
    own.send("\r\n");
    rest = rest.subspan(piece.size());
  }
  own.send(trailer ? fmt::format("0\r\nUpload-Checksum: {}\r\n\r\n", checksum_of(body, "sha1")) : "0\r\n\r\n");
  note_appended(of, index, "append chunked to", own.receive());
}

void uploader::break_off(recording_note& of, std::uint32_t index) {
  std::uint64_t from = 0;
  std::uint64_t whole = 0;
  std::vector<std::byte> body;
  {
    const std::lock_guard lock{of.mutex};
    chunk_note& one = of.chunks[index];
    from = one.told_bytes;
    whole = one.length_bytes - from;
    body = bytes_of(of, one.begin_bytes + from, pick(whole + 1));
    of_.book->ask_to_keep(one, from + body.size());
  }
  raw_client own{port_};
  own.send(fmt::format("PATCH {} HTTP/1.1\r\nHost: x\r\n{}{}Upload-Offset: {}\r\nContent-Length: {}\r\n\r\n",
                       of.path_of(index), tus_line, stream_line, from, whole));
  own.send(body);
  if (pick(2) == 0) own.abort();
}

void uploader::ask_head(recording_note& of, std::uint32_t index) {
  const answer got = client_.head(of.path_of(index));
  if (got.status == 200 && got.upload_offset()) {
    of_.book->told(of, index, *got.upload_offset(), "HEAD");
  } else {
    surprise(of, fmt::format("HEAD of chunk {}", index), got);
  }
}

void uploader::ask_status(recording_note& of) {
  if (of.where == surface::tus) return;
  std::uint64_t removals = 0;
  {
    const std::lock_guard lock{of.mutex};
    removals = of.removals;
  }
  of_.book->seen(of, client_.status(of.session), removals);
}

void uploader::send_form(recording_note& of, std::uint32_t index) {
  std::vector<std::byte> body;
  {
    const std::lock_guard lock{of.mutex};
    chunk_note& one = of.chunks[index];
    of_.book->ask_to_create(one);
    of_.book->ask_to_keep(one, one.length_bytes);
    body = bytes_of(of, one.begin_bytes, one.length_bytes);
  }
  const auto field = [](std::string_view name, std::string_view value) {
    return fmt::format("--{}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n{}\r\n", boundary, name, value);
  };
  const std::string ids = field("session_id", of.session) + field("chunk_index", std::to_string(index));
  const std::string file = fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"c\"\r\nContent-Type: audio/webm\r\n\r\n",
      boundary);
  const bool file_first = pick(3) == 0;
  std::string text = file_first ? file : ids + file;
  text.append(reinterpret_cast<const char*>(body.data()), body.size());
  text += "\r\n";
  if (file_first) text += ids;
  text += fmt::format("--{}--\r\n", boundary);
  const answer got =
      client_.request("POST", "/upload/chunk",
                      fmt::format("Content-Type: multipart/form-data; boundary={}\r\n", boundary), as_bytes(text));
  if (got.status != 200) return surprise(of, fmt::format("send chunk {} as a form", index), got);
  of_.book->told(of, index, of.chunks[index].length_bytes, "form");
}

void uploader::remove_chunk(recording_note& of, std::uint32_t index) {
  if (of.where == surface::tus) return;
  {
    const std::lock_guard lock{of.mutex};
    of.chunks[index].remove_asked = true;
    ++of.removals;
  }
  const answer got = client_.request("DELETE", of.path_of(index), tus_line);
  if (got.status == 204) {
    const std::lock_guard lock{of.mutex};
    chunk_note& one = of.chunks[index];
    const chunk_note fresh{one.begin_bytes, one.length_bytes};
    if (of_.book->power_is_on()) one = fresh;
    return;
  }
  if (got.status == 409) {
    // It had been completed behind our back, and with it the recording.
    const std::lock_guard lock{of.mutex};
    of.chunks[index].remove_asked = false;
    return;
  }
  surprise(of, fmt::format("DELETE of chunk {}", index), got);
}

void uploader::remove(recording_note& of) {
  {
    const std::lock_guard lock{of.mutex};
    of_.book->ask_to_delete(of);
  }
  const bool tus = of.where == surface::tus;
  const answer got = client_.request("DELETE", tus ? of.session : "/files/" + of.session, tus ? tus_line : "");
  if (got.status == 204) {
    of_.book->deleted(of);
  } else {
    surprise(of, "DELETE", got);
  }
}

void uploader::assemble(recording_note& of) {
  if (of.where == surface::tus) return compare(of);
  answer got;
  if (pick(2) == 0) {
    const std::string total = fmt::format("{{\"total_chunks\":{}}}", of.chunks.size());
    got = client_.request("POST", "/files/" + of.session + "/assemble", "Content-Type: application/json\r\n",
                          as_bytes(total));
  } else {
    const std::string form = fmt::format("session_id={}&total_chunks={}", of.session, of.chunks.size());
    got = client_.request("POST", "/recording/complete", "Content-Type: application/x-www-form-urlencoded\r\n",
                          as_bytes(form));
  }
  if (got.status == 200) of_.book->assembled(of);
  if (got.status != 200 && got.status != 202) surprise(of, "assemble", got);
}

void uploader::step(recording_note& of) {
  if (of.where == surface::tus && of.session.empty()) return create_tus(of);
  if (of_.removals && pick(120) == 0 && exists(of)) return remove(of);
  const auto index = unfinished_chunk(of);
  if (!index) {
    if (pick(4) == 0) return ask_status(of);
    assemble(of);
    if (finished(of)) compare(of);
    return;
  }
  chunk_note now;
  {
    const std::lock_guard lock{of.mutex};
    now = of.chunks[*index];
  }
  const std::uint64_t piece = pick(3) == 0 ? now.length_bytes : 1 + pick(now.length_bytes + 1);
  if (!now.create_told) {
    if (of.where == surface::session && pick(5) == 0) return send_form(of, *index);
    return create(of, *index, pick(4) == 0);
  }
  switch (pick(16)) {
    case 0: return break_off(of, *index);
    case 1: return append_chunked(of, *index, piece);
    case 2:
      if (of.where == surface::session) return send_form(of, *index);
      return ask_head(of, *index);
    case 3: return create(of, *index, pick(2) == 0);
    case 4:
    case 5: return ask_head(of, *index);
    case 6: return ask_status(of);
    case 7:
      if (of_.removals && pick(8) == 0) return remove_chunk(of, *index);
      return append(of, *index, piece);
    default: return append(of, *index, piece);
  }
}

void uploader::complete(recording_note& of) {
  if (finished(of)) return;
  for (int tries = 0; tries < 400; ++tries) {
    if (of.where == surface::tus && of.session.empty()) {
      create_tus(of);
      continue;
    }
    const auto index = unfinished_chunk(of);
    if (!index) break;
    bool known = false;
    {
      const std::lock_guard lock{of.mutex};
      known = of.chunks[*index].create_told;
    }
    if (known) {
      append(of, *index, UINT64_MAX);
    } else {
      create(of, *index, false);
    }
  }
  if (of.where == surface::session) {
    assemble(of);
    client_.wait_for_state(of.session, "assembled", std::chrono::seconds{20});
    of_.book->assembled(of);
  }
  compare(of);
}

void uploader::compare(recording_note& of) {
  const std::string path = of.where == surface::tus ? of.session : fmt::format("/files/{}/recording", of.session);
  for (int tries = 0;; ++tries) {
    std::uint64_t at = 0;
    std::optional<std::uint64_t> wrong;
    const answer got = client_.request("GET", path, {}, {}, [&](std::span<const std::byte> piece) {
      if (!wrong) wrong = of_.bytes->first_difference(of.number, at, piece);
      at += piece.size();
    });
    // A plain upload is put in its place a moment after its last byte was acknowledged.
    if (got.status != 200 && of.where == surface::tus && tries < 2000) {
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
      continue;
    }
    if (got.status != 200) return surprise(of, "read it back", got);
    if (wrong) of_.book->violation(of, fmt::format("byte {} of the recording is wrong", *wrong));
    if (at != of.size_bytes && !wrong) {
      of_.book->violation(of, fmt::format("the recording has {} bytes instead of {}", at, of.size_bytes));
    }
    if (of.where == surface::tus) of_.book->assembled(of);
    return;
  }
}

}  // namespace wf::test
