#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/session/recording.hpp"

/// The facts as bytes. docs/storage_format.md has the schema; encoder and decoder match it line for line.
namespace wf::session {

/// Random number drawn when the data dir was last opened after anything but a mere process death.
using era = std::uint64_t;

/// First byte of a key. ID is the letter of the name space (r: recording, u: upload), the id, a zero byte.
enum class fact_kind : char {
  session = 's',   ///< s ID        -> session row
  chunk = 'c',     ///< c ID index  -> chunk row
  progress = 'b',  ///< b ID index  -> progress row
  work = 'w',      ///< w ID        -> empty: something to resume at start
  expiry = 'e',    ///< e time ID   -> empty: not before this time
};

[[nodiscard]] std::string session_key(const session_id& id);
[[nodiscard]] std::string work_key(const session_id& id);
[[nodiscard]] std::string chunk_key(const session_id& id, std::uint32_t index);
[[nodiscard]] std::string progress_key(const session_id& id, std::uint32_t index);
[[nodiscard]] std::string expiry_key(utc_time at, const session_id& id);
/// Every chunk (or progress) key of a session starts with this, and no other session's key does.
[[nodiscard]] std::string chunk_prefix(fact_kind kind, const session_id& id);

/// The bytes of a key that name its session, the zero byte included; a view into `key`. All of a key that no function
/// above makes.
[[nodiscard]] std::string_view owner_of(std::string_view key) noexcept;

struct parsed_key {
  fact_kind kind{fact_kind::session};
  session_id id{};
  std::uint32_t index{0};
  utc_time at{};
};
/// damaged: bytes that no function above makes.
[[nodiscard]] result<parsed_key> parse_key(std::string_view key);

/// How much of a chunk is there. A value with an era counts only in that era; `vouched_bytes` always does.
struct progress {
  std::uint64_t vouched_bytes{0};
  std::optional<era> unvouched_era{};
  std::uint64_t unvouched_bytes{0};
  utc_time touched_at{};
  friend bool operator==(const progress&, const progress&) = default;
};

[[nodiscard]] std::string encode_session(const recording& value);
/// Everything but the id and the chunks, which stay as they are. damaged with a sentence (cut short, trailing bytes, a
/// value out of its range, or written by a newer version): `into` is then as it was.
[[nodiscard]] result<void> decode_session(std::string_view bytes, recording& into);
[[nodiscard]] std::string encode_chunk(const chunk& value);
[[nodiscard]] result<chunk> decode_chunk(std::string_view bytes);
[[nodiscard]] std::string encode_progress(const progress& value);
[[nodiscard]] result<progress> decode_progress(std::string_view bytes);

}  // namespace wf::session
