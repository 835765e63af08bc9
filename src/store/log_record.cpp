#include "log_record.hpp"

#include <algorithm>

#include "waveforge/base/crc32c.hpp"

namespace wf::store {

namespace {

unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

bool agrees(std::span<const std::byte> record) {
  std::uint32_t stored = 0;
  for (std::size_t at = 4; at-- > 0;) stored = stored << 8U | byte_at(record, at);
  const std::uint32_t sum = crc32c(0, record.subspan(6));  // the type is covered
  return stored == ((sum >> 15U | sum << 17U) + 0xa282ead8U);
}

}  // namespace

std::optional<log_record> read_log_record(std::span<const std::byte> log, std::size_t at) {
  std::size_t left = log_block_bytes - at % log_block_bytes;
  if (left < log_header_bytes) {
    at += left;
    left = log_block_bytes;
  }
  if (at + log_header_bytes > log.size()) return std::nullopt;
  const std::size_t length = byte_at(log, at + 4) | byte_at(log, at + 5) << 8U;
  log_record one{.begin = at, .end = at + std::min(log_header_bytes + length, left), .type = byte_at(log, at + 6)};
  if (one.type == 0 && length == 0) {
    one.is = log_record::state::nothing;
  } else if (at + log_header_bytes + length > log.size()) {
    one.is = log_record::state::cut;
  } else if (log_header_bytes + length > left || !agrees(log.subspan(at, log_header_bytes + length))) {
    one.is = log_record::state::wrong;
  }
  return one;
}

}  // namespace wf::store
