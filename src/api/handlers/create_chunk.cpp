#include <memory>
#include <utility>

#include "waveforge/api/append.hpp"
#include "waveforge/api/digest_check.hpp"
#include "waveforge/api/error_map.hpp"
#include "waveforge/api/handlers.hpp"
#include "waveforge/api/throttle.hpp"
#include "waveforge/api/upload_fields.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/tus/create.hpp"
#include "waveforge/tus/metadata.hpp"

namespace wf::api::handlers {

namespace {

struct creation {
  store::create_request request{};
  bool has_body{false};
  std::unique_ptr<digest_check> check{};
};

[[nodiscard]] store::recording_hints hints_of(const tus::chunk_metadata& told) {
  store::recording_hints hints;
  hints.chunk_size_bytes = told.chunk_size_bytes;
  hints.total_chunks = told.total_chunks;
  hints.name = told.recording_name.value_or("");
  hints.format = told.format.value_or("");
  hints.duration_ms = told.duration_ms;
  return hints;
}

/// Everything that can be refused before the store is asked.
[[nodiscard]] result<creation> read_creation(const context& now) {
  const http::field_list fields = now.fields();
  const body_facts body = look_at_body(fields, now.from.body);
  const auto length = read_bytes_field(fields, "Upload-Length");
  if (!length) return fail(length.error());
  const auto deferred = read_defer_length(fields);
  if (!deferred) return fail(deferred.error());
  const std::uint64_t most = now.set().chunk_bytes_max;
  const tus::create_request asked{.length_bytes = *length,
                                  .length_deferred = *deferred,
                                  .has_body = body.present,
                                  .body_bytes = body.bytes,
                                  .body_is_offset_stream = body.is_offset_stream,
                                  .length_bytes_max = most};
  const tus::create_verdict verdict = tus::judge_create(asked);
  if (verdict != tus::create_verdict::create) return fail(tus::explain(verdict, asked));
  const auto raw = fields.only("Upload-Metadata");
  if (!raw) return fail(raw.error());
  const auto metadata = tus::upload_metadata::parse(raw->value_or(""), limits::session_metadata_bytes_max);
  if (!metadata) return fail(metadata.error());
  const auto told = tus::read_chunk_metadata(*metadata);
  if (!told) return fail(told.error());
  creation read;
  read.request = {now.id, told->index, *length, most, hints_of(*told), metadata->raw(), {}};
  read.has_body = body.present;
  if (body.present) {
    auto check = make_digest_check(fields, now.from.body);
    if (!check) return fail(std::move(check).error());
    read.check = std::move(*check);
  }
  return read;
}

}  // namespace

io::task<reply> create_chunk(context& now) {
  const auto read = read_creation(now);
  if (!read) co_return problem(read.error());
  auto refused = co_await throttle(now, now.id);
  if (refused.has_value()) co_return std::move(*refused);
  const auto created = co_await now.data().create(read->request);
  if (!created) co_return problem(created.error());
  store::chunk_view chunk = created->chunk;
  if (read->has_body) {
    const auto after = co_await append_created(now, read->request.index, read->check.get());
    if (!after) co_return append_problem(after.error());
    chunk = *after;
  }
  reply answer;
  answer.status = http::to_number(http::status::created);
  answer.set("Location", now.link("/files/" + std::string{now.id.text()} + "/chunks/" +
                                  std::to_string(to_number(read->request.index))));
  tell_progress(answer, chunk);
  co_return answer;
}

}  // namespace wf::api::handlers
