#include "waveforge/store/write_policy.hpp"

namespace wf::store {

namespace {

bool direct_possible(const write_situation& now) noexcept {
  return now.in_segment && now.direct_alignment_bytes != 0 && direct_block_bytes % now.direct_alignment_bytes == 0 &&
         now.offset_bytes % direct_block_bytes == 0 && !now.must_see_bytes &&
         now.length_bytes.value_or(0) >= direct_body_bytes_min;
}

/// Spliced bytes never pass through memory, so nobody can look at them.
bool splice_possible(const write_situation& now) noexcept {
  return now.verbatim_socket && !now.must_see_bytes && now.length_bytes.has_value() &&
         *now.length_bytes > now.in_hand_bytes;
}

}  // namespace

way choose_way(const write_situation& now) noexcept {
  switch (now.mode) {
    case write_mode::buffered: return way::buffered;
    case write_mode::direct: return direct_possible(now) ? way::direct : way::buffered;
    case write_mode::splice: return splice_possible(now) ? way::splice : way::buffered;
    case write_mode::automatic: break;
  }
  // The bytes of a recording reach the disk at its end at the latest, and the direct way takes them there for the least
  // work, at every level. Where it is not possible and nothing is promised about the disk, one copy in the kernel is
  // next; with a promise the buffered way is, which begins the write-back of each piece at once.
  if (direct_possible(now)) return way::direct;
  return now.level == durability::none && splice_possible(now) ? way::splice : way::buffered;
}

}  // namespace wf::store
