#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "support/memory_facts.hpp"
#include "waveforge/store/rows.hpp"
#include "wfctl/stored_session.hpp"

/// Sessions as rows, for the tests of what reads them.
namespace wf::ctl::scene {

inline constexpr session::era now_era = 0x5eed;
inline constexpr session::era old_era = 0x01d;

inline session::session_id id_of(std::string_view text) {
  return session::session_id::parse(text, session::id_format::token).value();
}

inline utc_time at_second(int second) {
  return utc_time{std::chrono::seconds{1'770'000'000 + second}};
}

/// A chunk in the segment, wholly there and vouched for.
inline session::chunk placed_chunk(std::uint32_t index, std::uint64_t length, std::uint64_t stride) {
  session::chunk one;
  one.length_bytes = length;
  one.written_bytes = one.promised_bytes = one.vouched_bytes = length;
  one.announced = true;
  one.where = {session::home::segment, index * stride, 0};
  one.created_at = at_second(static_cast<int>(index));
  one.touched_at = at_second(static_cast<int>(index) + 1);
  return one;
}

/// `count` chunks of 100 bytes in a segment.
inline session::recording recording_of(std::string_view id, std::uint32_t count) {
  session::recording value;
  value.id = id_of(id);
  value.created_at = at_second(0);
  value.layout.stride_bytes = 100;
  for (std::uint32_t index = 0; index < count; ++index) value.chunks.add(index, placed_chunk(index, 100, 100));
  return value;
}

inline session::recording finished(std::string_view id, std::uint32_t count) {
  session::recording value = recording_of(id, count);
  value.now = session::state::assembled;
  value.total = count;
  value.ended_at = at_second(100);
  value.file_name = "recording.webm";
  value.size_bytes = 100 * count;
  return value;
}

/// Writes all rows of it.
inline void put(store::facts& rows, const session::recording& value) {
  std::vector<store::fact_write> batch{store::session_row(value)};
  for (const auto& [index, one] : value.chunks.all()) {
    batch.push_back(store::chunk_row(value.id, index, one));
    if (one.written_bytes > 0) {
      batch.push_back(store::progress_row(value.id, index, one, one.written_bytes, true, now_era));
    }
  }
  (void)rows.apply(batch, false);
}

/// What a reader makes of it.
inline stored_session stored(const session::recording& value) {
  stored_session one;
  one.value = value;
  one.has_row = true;
  return one;
}

}  // namespace wf::ctl::scene
