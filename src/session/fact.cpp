#include "waveforge/session/fact.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "stored_time.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/session/binary.hpp"
#include "waveforge/session/plan.hpp"

namespace wf::session {

namespace {

constexpr std::uint8_t session_version = 1;
constexpr std::uint8_t chunk_version = 1;
constexpr std::uint8_t progress_version = 1;

constexpr std::uint8_t flag_irregular = 1;

/// Every length and position: where file offsets end.
constexpr auto number_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::uint32_t generation_max = std::numeric_limits<std::uint32_t>::max();
constexpr auto state_max = static_cast<std::uint8_t>(state::expired);
constexpr auto home_max = static_cast<std::uint8_t>(home::recording);
constexpr auto plan_max = static_cast<std::uint8_t>(plan_kind::build);

// What parsers let in is within these bounds. Were something else to come here, a number at the bound is a smaller harm
// than a row that cannot be read back.
std::uint64_t number(std::uint64_t value) noexcept {
  return std::min(value, number_max);
}
std::optional<std::uint64_t> number(std::optional<std::uint64_t> value, std::uint64_t max = number_max) noexcept {
  return value ? std::optional{std::min(*value, max)} : std::nullopt;
}

utc_time read_time(binary_reader& in) noexcept {
  return from_stored(in.varint(stored_time_max));
}
std::optional<std::uint32_t> read_optional(binary_reader& in, std::uint32_t max) noexcept {
  const std::optional<std::uint64_t> value = in.optional_varint(max);
  return value ? std::optional{static_cast<std::uint32_t>(*value)} : std::nullopt;
}

std::string_view digest_bytes(const recording& value) noexcept {
  if (!value.sha256) return {};
  return {reinterpret_cast<const char*>(value.sha256->data()), value.sha256->size()};
}
/// Empty, or 32 bytes.
bool read_digest(binary_reader& in, recording& into) noexcept {
  const std::string_view bytes = in.text();
  if (bytes.empty()) return true;
  if (bytes.size() != 32) return false;
  std::ranges::transform(bytes, into.sha256.emplace().begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return true;
}

tl::unexpected<error> unreadable(std::string_view row) {
  return fail(errc::damaged, fmt::format("a {} row is cut short or has a value that no waveforge wrote", row));
}

result<void> check_version(binary_reader& in, std::uint8_t known, std::string_view row) {
  const std::uint8_t found = in.u8();
  if (!in.ok()) return unreadable(row);
  if (found == known) return {};
  if (found > known) {
    return fail(errc::damaged,
                fmt::format("a {} row has version {}, this program reads up to {}: it was written by a newer "
                            "waveforge, use that one",
                            row, found, known));
  }
  return fail(errc::damaged, fmt::format("a {} row has version {}, which no waveforge wrote", row, found));
}

result<void> check_end(const binary_reader& in, std::string_view row) {
  if (in.ended_well()) return {};
  if (!in.ok()) return unreadable(row);
  return fail(errc::damaged, fmt::format("a {} row is longer than its fields", row));
}

}  // namespace

std::string encode_session(const recording& value) {
  binary_writer out;
  out.u8(session_version);
  out.u8(static_cast<std::uint8_t>(value.now));
  out.u8(value.layout.irregular ? flag_irregular : std::uint8_t{0});
  out.varint(to_stored(value.created_at));
  out.varint(to_stored(value.ended_at));
  out.optional_varint(number(value.layout.stride_bytes));
  out.optional_varint(number(value.layout.short_index, limits::chunk_index_max));
  out.optional_varint(number(value.chunk_size_bytes));
  out.optional_varint(number(value.total, limits::chunks_max));
  out.optional_varint(number(value.duration_ms));
  out.text(value.name);
  out.text(value.format);
  out.text(value.late_metadata);
  out.text(value.failure);
  out.text(value.concat);
  out.text(value.file_name);
  out.varint(number(value.size_bytes));
  out.text(digest_bytes(value));
  out.u8(value.plan);
  return out.take();
}

result<void> decode_session(std::string_view bytes, recording& into) {
  binary_reader in{bytes};
  if (auto known = check_version(in, session_version, "session"); !known) return known;
  recording value;
  value.now = static_cast<state>(in.u8(state_max));
  value.layout.irregular = in.u8(flag_irregular) == flag_irregular;
  value.created_at = read_time(in);
  value.ended_at = read_time(in);
  value.layout.stride_bytes = in.optional_varint(number_max);
  value.layout.short_index = read_optional(in, limits::chunk_index_max);
  value.chunk_size_bytes = in.optional_varint(number_max);
  value.total = read_optional(in, limits::chunks_max);
  value.duration_ms = in.optional_varint(number_max);
  value.name = in.text();
  value.format = in.text();
  value.late_metadata = in.text();
  value.failure = in.text();
  value.concat = in.text();
  value.file_name = in.text();
  value.size_bytes = in.varint(number_max);
  if (!read_digest(in, value)) return unreadable("session");
  value.plan = in.u8(plan_max);
  if (auto end = check_end(in, "session"); !end) return end;
  value.id = into.id;
  value.chunks = std::move(into.chunks);
  into = std::move(value);
  return {};
}

std::string encode_chunk(const chunk& value) {
  binary_writer out;
  out.u8(chunk_version);
  out.optional_varint(number(value.length_bytes));
  out.varint(number(value.length_bytes_max));
  out.u8(static_cast<std::uint8_t>(value.where.where));
  out.varint(number(value.where.offset_bytes));
  out.varint(value.where.generation);
  out.varint(to_stored(value.created_at));
  out.text(value.metadata);
  out.text(value.concat);
  out.optional_varint(value.crc32c);
  return out.take();
}

result<chunk> decode_chunk(std::string_view bytes) {
  binary_reader in{bytes};
  if (auto known = check_version(in, chunk_version, "chunk"); !known) return fail(known.error());
  chunk value;
  value.length_bytes = in.optional_varint(number_max);
  value.length_bytes_max = in.varint(number_max);
  value.where.where = static_cast<home>(in.u8(home_max));
  value.where.offset_bytes = in.varint(number_max);
  value.where.generation = static_cast<std::uint32_t>(in.varint(generation_max));
  value.created_at = read_time(in);
  value.metadata = in.text();
  value.concat = in.text();
  value.crc32c = read_optional(in, std::numeric_limits<std::uint32_t>::max());
  if (auto end = check_end(in, "chunk"); !end) return fail(end.error());
  return value;
}

std::string encode_progress(const progress& value) {
  binary_writer out;
  out.u8(progress_version);
  out.varint(number(value.vouched_bytes));
  out.varint(to_stored(value.touched_at));
  out.u8(value.unvouched_era ? 1 : 0);
  if (value.unvouched_era) {
    out.be64(*value.unvouched_era);
    out.varint(number(value.unvouched_bytes));
  }
  return out.take();
}

result<progress> decode_progress(std::string_view bytes) {
  binary_reader in{bytes};
  if (auto known = check_version(in, progress_version, "progress"); !known) return fail(known.error());
  progress value;
  value.vouched_bytes = in.varint(number_max);
  value.touched_at = read_time(in);
  if (in.u8(1) == 1) {
    value.unvouched_era = in.be64();
    value.unvouched_bytes = in.varint(number_max);
  }
  if (auto end = check_end(in, "progress"); !end) return fail(end.error());
  return value;
}

}  // namespace wf::session
