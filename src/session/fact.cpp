#include "waveforge/session/fact.hpp"

#include <fmt/format.h>

#include "waveforge/session/binary.hpp"

namespace wf::session {

namespace {

constexpr std::uint8_t session_version = 1;
constexpr std::uint8_t chunk_version = 1;
constexpr std::uint8_t progress_version = 1;

constexpr std::uint8_t flag_irregular = 1;

std::uint64_t to_ms(utc_time at) noexcept {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}
utc_time from_ms(std::uint64_t ms) noexcept {
  return utc_time{std::chrono::milliseconds{static_cast<std::int64_t>(ms)}};
}

std::optional<std::uint32_t> narrow(std::optional<std::uint64_t> value) noexcept {
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

result<void> check_version(std::uint8_t found, std::uint8_t known, std::string_view row) {
  if (found == known) return {};
  if (found > known) {
    return fail(errc::damaged,
                fmt::format("a {} row has version {}, this program reads up to {}: it was written by a newer "
                            "waveforge, use that one",
                            row, found, known));
  }
  return fail(errc::damaged, fmt::format("a {} row has version {}, which no waveforge wrote", row, found));
}

result<void> check_end(const binary_reader& reader, std::string_view row) {
  if (reader.ended_well()) return {};
  return fail(errc::damaged, fmt::format("a {} row is {}", row, reader.ok() ? "longer than its fields" : "cut short"));
}

}  // namespace

std::string encode_session(const recording& value) {
  binary_writer out;
  out.u8(session_version);
  out.u8(static_cast<std::uint8_t>(value.now));
  out.u8(value.layout.irregular ? flag_irregular : std::uint8_t{0});
  out.varint(to_ms(value.created_at));
  out.varint(to_ms(value.ended_at));
  out.optional_varint(value.layout.stride_bytes);
  out.optional_varint(value.layout.short_index);
  out.optional_varint(value.chunk_size_bytes);
  out.optional_varint(value.total);
  out.optional_varint(value.duration_ms);
  out.text(value.name);
  out.text(value.format);
  out.text(value.late_metadata);
  out.text(value.failure);
  out.text(value.concat);
  out.text(value.file_name);
  out.varint(value.size_bytes);
  const auto* digest = value.sha256 ? reinterpret_cast<const char*>(value.sha256->data()) : nullptr;
  out.text(digest != nullptr ? std::string_view{digest, value.sha256->size()} : std::string_view{});
  out.u8(value.plan);
  return out.take();
}

result<void> decode_session(std::string_view bytes, recording& into) {
  binary_reader in{bytes};
  if (auto known = check_version(in.u8(), session_version, "session"); !known) return known;
  const std::uint8_t now = in.u8();
  if (now > static_cast<std::uint8_t>(state::expired)) return fail(errc::damaged, "a session row has an unknown state");
  into.now = static_cast<state>(now);
  into.layout.irregular = (in.u8() & flag_irregular) != 0;
  into.created_at = from_ms(in.varint());
  into.ended_at = from_ms(in.varint());
  into.layout.stride_bytes = in.optional_varint();
  into.layout.short_index = narrow(in.optional_varint());
  into.chunk_size_bytes = in.optional_varint();
  into.total = narrow(in.optional_varint());
  into.duration_ms = in.optional_varint();
  into.name = in.text();
  into.format = in.text();
  into.late_metadata = in.text();
  into.failure = in.text();
  into.concat = in.text();
  into.file_name = in.text();
  into.size_bytes = in.varint();
  const std::string_view digest = in.text();
  if (digest.size() == 32) {
    std::array<std::uint8_t, 32> value{};
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::uint8_t>(digest[i]);
    into.sha256 = value;
  } else if (!digest.empty()) {
    return fail(errc::damaged, "a session row has a SHA-256 that is not 32 bytes");
  }
  into.plan = in.u8();
  return check_end(in, "session");
}

std::string encode_chunk(const chunk& value) {
  binary_writer out;
  out.u8(chunk_version);
  out.optional_varint(value.length_bytes);
  out.varint(value.length_bytes_max);
  out.u8(static_cast<std::uint8_t>(value.where.where));
  out.varint(value.where.offset_bytes);
  out.varint(value.where.generation);
  out.varint(to_ms(value.created_at));
  out.text(value.metadata);
  out.text(value.concat);
  return out.take();
}

result<chunk> decode_chunk(std::string_view bytes) {
  binary_reader in{bytes};
  if (auto known = check_version(in.u8(), chunk_version, "chunk"); !known) return fail(known.error());
  chunk value;
  value.length_bytes = in.optional_varint();
  value.length_bytes_max = in.varint();
  const std::uint8_t where = in.u8();
  if (where > static_cast<std::uint8_t>(home::recording))
    return fail(errc::damaged, "a chunk row has an unknown place");
  value.where.where = static_cast<home>(where);
  value.where.offset_bytes = in.varint();
  value.where.generation = static_cast<std::uint32_t>(in.varint());
  value.created_at = from_ms(in.varint());
  value.metadata = in.text();
  value.concat = in.text();
  if (auto end = check_end(in, "chunk"); !end) return fail(end.error());
  return value;
}

std::string encode_progress(const progress& value) {
  binary_writer out;
  out.u8(progress_version);
  out.varint(value.vouched_bytes);
  out.varint(to_ms(value.touched_at));
  out.u8(value.unvouched_era ? 1 : 0);
  if (value.unvouched_era) {
    out.be64(*value.unvouched_era);
    out.varint(value.unvouched_bytes);
  }
  return out.take();
}

result<progress> decode_progress(std::string_view bytes) {
  binary_reader in{bytes};
  if (auto known = check_version(in.u8(), progress_version, "progress"); !known) return fail(known.error());
  progress value;
  value.vouched_bytes = in.varint();
  value.touched_at = from_ms(in.varint());
  if (in.u8() != 0) {
    value.unvouched_era = in.be64();
    value.unvouched_bytes = in.varint();
  }
  if (auto end = check_end(in, "progress"); !end) return fail(end.error());
  return value;
}

}  // namespace wf::session
