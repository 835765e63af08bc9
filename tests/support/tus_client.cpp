#include "support/tus_client.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "support/sha256.hpp"
#include "wfload/base64.hpp"

namespace wf::test {
namespace {

constexpr std::string_view tus_line = "Tus-Resumable: 1.0.0\r\n";

void expect_status(const answer& got, int wanted, std::string_view doing) {
  if (got.status == wanted) return;
  throw std::runtime_error{fmt::format("{}: {} instead of {}: {}", doing, got.status, wanted, got.body)};
}

}  // namespace

std::string chunk_path(const std::string& session, std::uint32_t index) {
  return fmt::format("/files/{}/chunks/{}", session, index);
}

std::string metadata_of(const tus_client::creation& what) {
  std::string out = "chunkIndex " + load::base64(std::to_string(what.index));
  if (!what.format.empty()) out += ",format " + load::base64(what.format);
  if (what.chunk_bytes) out += ",chunkSize " + load::base64(std::to_string(*what.chunk_bytes));
  if (what.total_chunks) out += ",totalChunks " + load::base64(std::to_string(*what.total_chunks));
  return out;
}

answer tus_client::request(std::string_view method, std::string_view path, std::string_view fields,
                           std::span<const std::byte> body, const raw_client::sink& sink) {
  // A kept connection the server has closed meanwhile is readable (its end); nothing else may be there.
  if (connection_ && connection_->readable_within(std::chrono::milliseconds{0})) connection_.reset();
  if (!connection_) connection_.emplace(port_);
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{}", method, path, port_, fields);
  const bool has_body = method == "POST" || method == "PATCH" || method == "PUT" || !body.empty();
  if (has_body) head += fmt::format("Content-Length: {}\r\n", body.size());
  head += "\r\n";
  try {
    connection_->send(head);
    const bool whole = body.empty() || connection_->try_send(body);
    answer got = connection_->receive(method == "HEAD", raw_client::patience, sink);
    if (got.closes || !whole) connection_.reset();
    return got;
  } catch (...) {
    connection_.reset();
    throw;
  }
}

answer tus_client::create(const std::string& session, const creation& what) {
  return request(
      "POST", fmt::format("/files/{}/chunks/", session),
      fmt::format("{}Upload-Length: {}\r\nUpload-Metadata: {}\r\n", tus_line, what.length_bytes, metadata_of(what)));
}

answer tus_client::patch(const std::string& path, std::uint64_t offset_bytes, std::span<const std::byte> bytes) {
  return request(
      "PATCH", path,
      fmt::format("{}Upload-Offset: {}\r\nContent-Type: application/offset+octet-stream\r\n", tus_line, offset_bytes),
      bytes);
}

answer tus_client::head(const std::string& path) {
  return request("HEAD", path, tus_line);
}

void tus_client::upload(const std::string& session, const creation& what, std::span<const std::byte> bytes,
                        std::uint64_t patch_bytes) {
  const answer created = create(session, what);
  expect_status(created, 201, fmt::format("create chunk {}", what.index));
  const std::string path = created.field("Location").value_or("");
  std::uint64_t offset = created.upload_offset().value_or(0);
  while (offset < bytes.size()) {
    const auto piece = bytes.subspan(offset, std::min<std::uint64_t>(patch_bytes, bytes.size() - offset));
    const answer got = patch(path, offset, piece);
    expect_status(got, 204, fmt::format("append to chunk {} at {}", what.index, offset));
    offset += piece.size();
    if (got.upload_offset() != offset) throw std::runtime_error{"a 204 with another offset than what was sent"};
  }
}

session_status tus_client::status(const std::string& session) {
  const answer got = request("GET", fmt::format("/files/{}/status", session));
  session_status out;
  out.http_status = got.status;
  if (got.status != 200) return out;
  simdjson::dom::parser parser;
  const simdjson::padded_string text{got.body};
  const simdjson::dom::element all = parser.parse(text);
  out.state = std::string{std::string_view{all["state"]}};
  if (all["total_chunks"].type() != simdjson::dom::element_type::NULL_VALUE) {
    out.total_chunks = std::uint64_t{all["total_chunks"]};
  }
  out.uploaded_chunks = std::uint64_t{all["uploaded_chunks"]};
  out.bytes_received = std::uint64_t{all["bytes_received"]};
  for (const simdjson::dom::element one : all["missing_chunks"].get_array()) {
    out.missing_chunks.push_back(std::uint64_t{one});
  }
  for (const simdjson::dom::key_value_pair one : all["partial_chunks"].get_object()) {
    out.partial_chunks.emplace(std::stoull(std::string{one.key}), std::uint64_t{one.value});
  }
  if (std::string_view why; all["error"].get(why) == simdjson::SUCCESS) out.error = why;
  return out;
}

void tus_client::wait_for_state(const std::string& session, std::string_view state, std::chrono::milliseconds within) {
  const auto until = std::chrono::steady_clock::now() + within;
  for (;;) {
    const session_status now = status(session);
    if (now.state == state) return;
    if (std::chrono::steady_clock::now() >= until) {
      throw std::runtime_error{
          fmt::format("{} is \"{}\" ({}), not \"{}\"", session, now.state, now.http_status, state)};
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

std::string tus_client::recording_sha256(const std::string& session) {
  sha256 digest;
  const answer got = request("GET", fmt::format("/files/{}/recording", session), {}, {},
                             [&](std::span<const std::byte> piece) { digest.add(piece); });
  expect_status(got, 200, "read the recording");
  return digest.hex();
}

}  // namespace wf::test
