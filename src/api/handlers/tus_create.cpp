#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "waveforge/api/append.hpp"
#include "waveforge/api/digest_check.hpp"
#include "waveforge/api/error_map.hpp"
#include "waveforge/api/fallback_fields.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/upload_fields.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/tus/concat.hpp"
#include "waveforge/tus/create.hpp"
#include "waveforge/tus/metadata.hpp"

namespace wf::api::handlers {

namespace {

struct creation {
  store::create_request request{};
  tus::concat_request concat{};
  bool has_body{false};
  std::unique_ptr<digest_check> check{};
};

[[nodiscard]] session::session_id fresh_id(const context& now) {
  std::array<std::byte, 16> random{};
  now.with.random.fill(random);
  return session::session_id::make_upload(random);
}

/// Any client, any file: a name that cannot be used is left to the metadata, where it is kept as it came.
[[nodiscard]] store::recording_hints hints_of(const tus::upload_metadata& metadata) {
  const auto first = [&](std::string_view one, std::string_view other) {
    const auto value = metadata.find(one);
    return read_name(one, value.has_value() ? value : metadata.find(other)).value_or("");
  };
  store::recording_hints hints;
  hints.name = first("filename", "name");
  hints.format = first("filetype", "type");
  hints.total_chunks = 1;
  return hints;
}

[[nodiscard]] result<tus::concat_request> read_concat(const context& now, std::optional<std::string_view> value) {
  if (!value.has_value()) return tus::concat_request{};
  if (!now.data().can().can_concatenate) return fail(errc::bad_request, "This server does not join uploads.");
  return tus::parse_upload_concat(*value);
}

/// Everything that can be refused before the store is asked.
[[nodiscard]] result<creation> read_creation(const context& now) {
  const http::field_list fields = now.fields();
  const body_facts body = look_at_body(fields, now.from.body);
  const auto length = read_bytes_field(fields, "Upload-Length");
  if (!length) return fail(length.error());
  const auto deferred = read_defer_length(fields);
  if (!deferred) return fail(deferred.error());
  const auto concat_value = fields.only("Upload-Concat");
  if (!concat_value) return fail(concat_value.error());
  auto concat = read_concat(now, *concat_value);
  if (!concat) return fail(std::move(concat).error());
  const tus::create_request asked{.length_bytes = *length,
                                  .length_deferred = *deferred,
                                  .role = concat->role,
                                  .has_body = body.present,
                                  .body_bytes = body.bytes,
                                  .body_is_offset_stream = body.is_offset_stream,
                                  .length_bytes_max = now.set().tus_bytes_max};
  const tus::create_verdict verdict = tus::judge_create(asked);
  if (verdict != tus::create_verdict::create) return fail(tus::explain(verdict, asked));
  const auto raw = fields.only("Upload-Metadata");
  if (!raw) return fail(raw.error());
  const auto metadata = tus::upload_metadata::parse(raw->value_or(""), limits::tus_metadata_bytes_max);
  if (!metadata) return fail(metadata.error());
  constexpr auto unlimited = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  creation read;
  read.concat = std::move(*concat);
  read.request = {fresh_id(now),
                  chunk_index{0},
                  *length,
                  now.set().tus_bytes_max.value_or(unlimited),
                  hints_of(*metadata),
                  metadata->raw(),
                  std::string{concat_value->value_or("")}};
  read.has_body = body.present;
  if (body.present) {
    auto check = make_digest_check(fields, now.from.body);
    if (!check) return fail(std::move(check).error());
    read.check = std::move(*check);
  }
  return read;
}

/// The ids behind the URLs of a final upload.
[[nodiscard]] result<std::vector<session::session_id>> read_parts(const context& now,
                                                                  const std::vector<std::string_view>& urls) {
  std::vector<session::session_id> parts;
  for (const std::string_view url : urls) {
    const auto text = tus::upload_id_from_url(url, now.set().tus_base_path + "/");
    const auto id = text.has_value() ? session::session_id::parse_upload(*text) : fail(errc::bad_request);
    if (!id) {
      return fail(errc::bad_request, "Upload-Concat must list the URLs of partial uploads of this server; number " +
                                         std::to_string(parts.size() + 1) + " is none.");
    }
    parts.push_back(*id);
  }
  return parts;
}

[[nodiscard]] reply created_at(const context& now, const session::session_id& id, const store::chunk_view& upload) {
  reply answer;
  answer.status = http::to_number(http::status::created);
  answer.set("Location", now.link(now.set().tus_base_path + "/" + std::string{id.text()}));
  // tus 1.0.0, Concatenation: no offset of a final upload before its parts are joined.
  if (upload.concat.starts_with("final") && !upload.complete()) {
    tell_expiry(answer, upload);
  } else {
    tell_progress(answer, upload);
  }
  return answer;
}

io::task<reply> join(context& now, const creation& read) {
  auto parts = read_parts(now, read.concat.urls);
  if (!parts) co_return problem(parts.error());
  store::concatenate_request request;
  request.parts = std::move(*parts);
  request.concat = read.request.concat;
  request.metadata = read.request.metadata;
  request.hints = read.request.hints;
  request.parts_may_be_unfinished = now.set().concatenation_unfinished;
  request.id = read.request.id;
  request.length_bytes_max = now.set().tus_bytes_max;
  const auto joined = co_await now.data().concatenate(request);
  if (!joined) co_return problem(joined.error());
  co_return created_at(now, joined->id, joined->chunk);
}

}  // namespace

io::task<reply> tus_create(context& now) {
  const auto read = read_creation(now);
  if (!read) co_return problem(read.error());
  if (read->concat.role == tus::upload_role::final_) {
    auto answer = co_await join(now, *read);
    co_return answer;
  }
  now.id = read->request.id;
  const auto created = co_await now.data().create(read->request);
  if (!created) co_return problem(created.error());
  store::chunk_view upload = created->chunk;
  if (read->has_body) {
    const auto after = co_await append_created(now, chunk_index{0}, read->check.get());
    if (!after) {
      // Only an answer of success names the address, so nobody could ever ask for this upload. One that cannot be
      // removed now expires.
      static_cast<void>(co_await now.data().remove(now.id));
      co_return append_problem(after.error());
    }
    upload = *after;
  }
  co_return created_at(now, now.id, upload);
}

}  // namespace wf::api::handlers
