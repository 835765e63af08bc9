#include <algorithm>
#include <array>
#include <utility>

#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/preconditions.hpp"
#include "waveforge/api/upload_fields.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/http/content_disposition.hpp"
#include "waveforge/http/entity_tag.hpp"
#include "waveforge/http/range.hpp"

namespace wf::api::handlers {

namespace {

/// A stranger's bytes come from our origin: only what a browser plays is called by its name.
constexpr std::array<std::string_view, 16> playable{
    "audio/aac",       "audio/flac", "audio/mp4",        "audio/mpeg",      "audio/ogg",  "audio/opus",
    "audio/wav",       "audio/webm", "audio/x-wav",      "video/mp4",       "video/mpeg", "video/ogg",
    "video/quicktime", "video/webm", "video/x-matroska", "audio/x-matroska"};

[[nodiscard]] std::string_view safe_type(std::string_view type) noexcept {
  return std::find(playable.begin(), playable.end(), type) != playable.end() ? type : "application/octet-stream";
}

/// Which part of the file is asked for. HEAD is answered about the whole (RFC 9110 14.2: Range is for GET).
[[nodiscard]] http::range_choice choose(const context& now, const store::recording_handle& file) {
  const auto range = now.fields().find("Range");
  if (now.verb != http::method::get || !range.has_value() || now.fields().count("Range") != 1) return {};
  if (const auto condition = now.fields().find("If-Range"); condition.has_value()) {
    const auto current = http::parse_entity_tag(file.etag);
    if (!current.has_value() || !http::if_range_holds(*condition, *current)) return {};
  }
  return http::choose_range(*range, file.size_bytes);
}

/// What a browser must know before it touches the bytes, in every answer about them.
void tell_file(reply& answer, const store::recording_handle& file) {
  answer.set("ETag", file.etag);
  answer.set("Last-Modified", http_date(file.finished_at));
  answer.set("Accept-Ranges", "bytes");
  answer.set("Cache-Control", "private, no-cache");
  answer.set("Content-Disposition", http::attachment_disposition(file.original_name, "recording"));
  answer.set("X-Content-Type-Options", "nosniff");
  answer.set("Content-Security-Policy", "default-src 'none'; sandbox");
}

/// Every byte is there; making them one file takes a moment.
[[nodiscard]] bool is_about_to_finish(const store::session_view& session) noexcept {
  const bool on_its_way = session.state == session::state::sealed || session.state == session::state::assembling;
  return on_its_way && session.total_chunks == session.chunks_complete;
}

/// A plain upload is finished with its last byte: whoever was told so may fetch it at once.
[[nodiscard]] io::task<result<store::recording_handle>> open_file(context& now) {
  auto opened = co_await now.data().open_recording(now.id);
  if (opened || now.id.space() != session::id_space::upload || opened.error().code != errc::not_found) co_return opened;
  const io::deadline until = now.from.on.ring.after(limits::settle_timeout);
  auto upload = co_await now.data().status(now.id);
  opened = co_await now.data().open_recording(now.id);
  while (!opened && upload && is_about_to_finish(*upload)) {
    upload = co_await now.data().wait_for_change(now.id, upload->version, until);
    opened = co_await now.data().open_recording(now.id);
  }
  co_return opened;
}

}  // namespace

/// A finished recording, and a finished plain upload: both are one file.
io::task<reply> recording(context& now) {
  auto opened = co_await open_file(now);
  if (!opened) co_return now.verb == http::method::head ? head_problem(opened.error()) : problem(opened.error());
  reply answer;
  const precondition condition = judge_preconditions(now.fields(), opened->etag, opened->finished_at);
  if (condition == precondition::failed) {
    const error other{errc::precondition_failed,
                      "The recording is not the one that is meant; its ETag is " + opened->etag + ".", 0};
    co_return now.verb == http::method::head ? head_problem(other) : problem(other);
  }
  if (condition == precondition::not_modified) {
    answer.status = http::to_number(http::status::not_modified);
    answer.set("ETag", opened->etag);
    answer.set("Cache-Control", "private, no-cache");
    co_return answer;
  }
  const http::range_choice chosen = choose(now, *opened);
  if (chosen.kind == http::range_kind::unsatisfiable) {
    problem_details details;
    details.representation_bytes = opened->size_bytes;
    co_return problem(
        {errc::range_not_satisfiable, "The recording has " + std::to_string(opened->size_bytes) + " bytes.", 0},
        details);
  }
  file_body body{opened->file, 0, opened->size_bytes};
  if (chosen.kind == http::range_kind::part) {
    answer.status = http::to_number(http::status::partial_content);
    answer.set("Content-Range", "bytes " + std::to_string(chosen.first_byte) + "-" + std::to_string(chosen.last_byte) +
                                    "/" + std::to_string(opened->size_bytes));
    body.offset_bytes = chosen.first_byte;
    body.length_bytes = chosen.length_bytes();
  }
  answer.set("Content-Type", std::string{safe_type(opened->media_type)});
  tell_file(answer, *opened);
  answer.body = std::move(body);
  co_return answer;
}

}  // namespace wf::api::handlers
