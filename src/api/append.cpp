#include "waveforge/api/append.hpp"

#include <memory>
#include <utility>

#include "waveforge/api/digest_check.hpp"
#include "waveforge/api/error_map.hpp"
#include "waveforge/api/upload_fields.hpp"
#include "waveforge/tus/patch.hpp"

namespace wf::api {

namespace {

/// Everything of a PATCH that can be judged without knowing the upload.
struct patch_fields {
  tus::patch_request request{};
  std::unique_ptr<digest_check> check{};
};

[[nodiscard]] result<patch_fields> read_patch(const context& now, std::optional<std::uint64_t> length_bytes_max) {
  const http::field_list fields = now.fields();
  const body_facts body = look_at_body(fields, now.from.body);
  const auto offset = read_bytes_field(fields, "Upload-Offset");
  if (!offset) return fail(offset.error());
  const auto length = read_bytes_field(fields, "Upload-Length");
  if (!length) return fail(length.error());
  patch_fields read;
  read.request = {*offset, *length, body.bytes, body.is_offset_stream, length_bytes_max};
  // A writer at work is only disturbed for a request that could have come of use.
  const tus::upload_state anything{};
  if (!body.is_offset_stream) return fail(tus::explain(tus::patch_verdict::wrong_type, anything, read.request));
  if (!offset->has_value()) return fail(tus::explain(tus::patch_verdict::offset_missing, anything, read.request));
  auto check = make_digest_check(fields, now.from.body);
  if (!check) return fail(std::move(check).error());
  read.check = std::move(*check);
  return read;
}

[[nodiscard]] reply appended(const store::chunk_view& chunk) {
  reply answer;
  answer.status = http::to_number(http::status::no_content);
  tell_progress(answer, chunk);
  return answer;
}

/// A conflict is told with the offset at which to go on.
[[nodiscard]] reply refused(const error& why, const store::chunk_view& chunk) {
  problem_details details;
  if (status_of(why.code) == http::status::conflict) details.upload_offset_bytes = chunk.offset_bytes;
  return append_problem(why, details);
}

}  // namespace

io::task<reply> patch_upload(context& now, chunk_index index, std::optional<std::uint64_t> length_bytes_max) {
  auto read = read_patch(now, length_bytes_max);
  if (!read) co_return problem(read.error());
  const auto writer = co_await now.data().write(now.id, index);
  if (!writer) co_return problem(writer.error());
  const store::chunk_view before = (*writer)->chunk();
  const tus::upload_state upload = state_of(before);
  const tus::patch_verdict verdict = tus::judge_patch(upload, read->request);
  if (verdict != tus::patch_verdict::append) co_return refused(tus::explain(verdict, upload, read->request), before);

  const bool tells_length = read->request.length_bytes.has_value() && !before.length_bytes.has_value();
  const bool empty = read->request.body_bytes == std::uint64_t{0};
  if (empty && !tells_length && read->check == nullptr) co_return appended(before);
  if (empty && upload.closed) co_return appended(before);

  store::append_options how;
  how.offset_bytes = *read->request.offset_bytes;
  if (tells_length) how.declare_length_bytes = read->request.length_bytes;
  how.check = read->check.get();
  const auto after = co_await (*writer)->append(now.from.on, now.from.body, how);
  if (!after) co_return refused(after.error(), (*writer)->chunk());
  co_return appended(*after);
}

io::task<result<store::chunk_view>> append_created(context& now, chunk_index index, store::body_check* check) {
  const auto writer = co_await now.data().write(now.id, index);
  if (!writer) co_return fail(writer.error());
  store::append_options how;
  how.compare_held = true;
  how.check = check;
  auto after = co_await (*writer)->append(now.from.on, now.from.body, how);
  co_return after;
}

}  // namespace wf::api
