#include "waveforge/api/error_map.hpp"

#include <utility>

#include "waveforge/http/problem.hpp"

namespace wf::api {

namespace {

/// A missing_chunks list longer than this says no more to anybody; missing_count has the whole number.
constexpr std::size_t missing_listed_max = 10'000;

[[nodiscard]] bool is_silent(errc code) noexcept {
  return code == errc::displaced || code == errc::peer_gone;
}

/// What is told when there is no sentence, or none for strangers.
[[nodiscard]] std::string_view sentence_of(const error& failure) noexcept {
  switch (failure.code) {
    case errc::io_failed: return "The disk refused; what was acknowledged before stays. Send the request again later.";
    case errc::internal: return "The server made a mistake. Send the request again later.";
    default: break;
  }
  if (!failure.detail.empty()) return failure.detail;
  switch (failure.code) {
    case errc::not_found: return "Nothing is known under this address.";
    case errc::expired: return "The session was not finished in time and has been removed. Start a new one.";
    case errc::cancelled: return "The session was deleted. Start a new one.";
    case errc::locked: return "Another request still holds this chunk. Ask again in a moment.";
    case errc::no_space: return "The disk is full. Send the request again later.";
    case errc::unavailable: return "The server takes no more work right now. Send the request again later.";
    case errc::chunks_missing: return "The recording cannot be put together while chunks are missing. Send them first.";
    case errc::checksum_mismatch: return "The body does not have the digest sent with it; nothing of it was kept.";
    default: return name_of(failure.code);
  }
}

[[nodiscard]] reply write_problem(http::status status, std::string_view type, std::string_view sentence,
                                  const problem_details& details) {
  reply answer;
  answer.status = http::to_number(status);
  answer.set("Content-Type", std::string{http::problem_media_type});
  answer.set("Cache-Control", "no-store");
  http::problem_writer body{status, type, sentence};
  if (details.upload_offset_bytes.has_value()) {
    answer.set("Upload-Offset", std::to_string(*details.upload_offset_bytes));
    body.members().key("upload_offset").value(*details.upload_offset_bytes);
  }
  if (details.missing_chunks.has_value()) {
    auto& json = body.members();
    json.key("missing_count").value(details.missing_chunks->size());
    json.key("missing_chunks").begin_array();
    for (const std::uint32_t index : details.missing_chunks->first(missing_listed_max)) json.value(index);
    json.end_array();
  }
  if (details.retry_after_seconds.has_value()) answer.set("Retry-After", std::to_string(*details.retry_after_seconds));
  if (details.representation_bytes.has_value()) {
    answer.set("Content-Range", "bytes */" + std::to_string(*details.representation_bytes));
  }
  answer.body = std::move(body).finish();
  return answer;
}

[[nodiscard]] reply say_nothing() {
  reply answer;
  answer.silent = true;
  answer.close = true;
  return answer;
}

}  // namespace

http::status status_of(errc code) noexcept {
  using http::status;
  switch (code) {
    case errc::bad_request: return status::bad_request;
    case errc::forbidden: return status::forbidden;
    case errc::https_required: return status::forbidden;
    case errc::unauthorized: return status::unauthorized;
    case errc::not_found: return status::not_found;
    case errc::expired: return status::gone;
    case errc::cancelled: return status::gone;
    case errc::unsupported_media: return status::unsupported_media_type;
    case errc::unsupported_version:
    case errc::precondition_failed: return status::precondition_failed;
    case errc::too_large: return status::content_too_large;
    case errc::metadata_too_large: return status::header_fields_too_large;
    case errc::checksum_mismatch: return status::checksum_mismatch;
    case errc::range_not_satisfiable: return status::range_not_satisfiable;
    case errc::offset_conflict: return status::conflict;
    case errc::length_conflict: return status::conflict;
    case errc::total_conflict: return status::conflict;
    case errc::content_conflict: return status::conflict;
    case errc::state_conflict: return status::conflict;
    case errc::chunks_missing: return status::conflict;
    case errc::locked: return status::locked;
    case errc::rate_limited: return status::too_many_requests;
    case errc::no_space: return status::insufficient_storage;
    case errc::unavailable: return status::service_unavailable;
    case errc::timed_out: return status::service_unavailable;
    case errc::peer_gone: return status::service_unavailable;
    case errc::displaced: return status::service_unavailable;
    case errc::damaged: return status::internal_server_error;
    case errc::io_failed: return status::internal_server_error;
    case errc::internal: return status::internal_server_error;
  }
  return http::status::internal_server_error;
}

reply problem(const error& failure, const problem_details& details) {
  if (is_silent(failure.code)) return say_nothing();
  problem_details told = details;
  const http::status status = status_of(failure.code);
  if (status == http::status::service_unavailable && !told.retry_after_seconds.has_value())
    told.retry_after_seconds = 1;
  reply answer = write_problem(status, name_of(failure.code), sentence_of(failure), told);
  if (failure.code == errc::unsupported_version) answer.set("Tus-Version", "1.0.0");
  if (failure.code == errc::unauthorized) answer.set("WWW-Authenticate", "Bearer");
  return answer;
}

reply head_problem(const error& failure) {
  if (is_silent(failure.code)) return say_nothing();
  const http::status status = status_of(failure.code);
  const bool passing = http::to_number(status) >= 500 || status == http::status::too_many_requests;
  return passing ? problem({errc::locked, failure.detail, failure.os_errno}) : problem(failure);
}

reply append_problem(const error& failure, const problem_details& details) {
  return failure.code == errc::timed_out ? say_nothing() : problem(failure, details);
}

reply method_not_allowed(std::string_view allow) {
  reply answer = write_problem(http::status::method_not_allowed, "method_not_allowed",
                               "This address takes " + std::string{allow} + ".", {});
  answer.set("Allow", std::string{allow});
  return answer;
}

reply method_unknown() {
  return write_problem(http::status::not_implemented, "method_unknown",
                       "X-HTTP-Method-Override names no method of this server; it takes GET, HEAD, POST, PATCH, DELETE "
                       "and OPTIONS, in upper case.",
                       {});
}

}  // namespace wf::api
