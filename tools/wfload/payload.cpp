#include "wfload/payload.hpp"

#include <algorithm>
#include <cstring>

#include "wfload/splitmix.hpp"

namespace wf::load {

payload::payload(std::uint64_t seed) : seed_{mix(seed)}, pattern_(pattern_bytes + block_bytes) {
  for (std::size_t at = 0; at < pattern_.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t word = mix(seed_, at);
    std::memcpy(pattern_.data() + at, &word, sizeof word);
  }
}

payload::block payload::make(std::uint64_t stream, std::uint64_t number) const noexcept {
  const std::uint64_t key = mix(mix(seed_, stream), number);
  const std::array<std::uint64_t, 2> words{key, mix(key)};
  block made{};
  static_assert(sizeof words == tag_bytes);
  std::memcpy(made.head.data(), words.data(), tag_bytes);
  // Whole cache lines, so that the copy in the kernel starts aligned.
  made.rest = pattern_.data() + (words[1] & (pattern_bytes - 64U)) + tag_bytes;
  return made;
}

void payload::fill(std::uint64_t stream, std::uint64_t offset_bytes, std::span<std::byte> out) const noexcept {
  while (!out.empty()) {
    const std::size_t in_block = offset_bytes % block_bytes;
    const std::size_t length = std::min(out.size(), block_bytes - in_block);
    const block from = make(stream, offset_bytes / block_bytes);
    std::size_t done = 0;
    if (in_block < tag_bytes) {
      done = std::min(length, tag_bytes - in_block);
      std::memcpy(out.data(), from.head.data() + in_block, done);
    }
    if (done < length) std::memcpy(out.data() + done, from.rest + (in_block + done - tag_bytes), length - done);
    out = out.subspan(length);
    offset_bytes += length;
  }
}

payload::gathered payload::gather(std::uint64_t stream, std::uint64_t offset_bytes, std::uint64_t length_bytes,
                                  std::span<iovec> pieces, std::span<tag> tags) const noexcept {
  gathered sum{};
  std::size_t tags_used = 0;
  const auto add = [&](const std::byte* at, std::size_t length) {
    // A gathered send only reads; iovec has no const form.
    pieces[sum.pieces++] = iovec{const_cast<std::byte*>(at), length};
    sum.bytes += length;
  };
  while (sum.bytes < length_bytes && sum.pieces + 2 <= pieces.size() && tags_used < tags.size()) {
    const std::uint64_t at = offset_bytes + sum.bytes;
    const std::size_t in_block = at % block_bytes;
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(length_bytes - sum.bytes, block_bytes - in_block));
    const block from = make(stream, at / block_bytes);
    std::size_t done = 0;
    if (in_block < tag_bytes) {
      tags[tags_used] = from.head;
      done = std::min(length, tag_bytes - in_block);
      add(tags[tags_used++].data() + in_block, done);
    }
    if (done < length) add(from.rest + (in_block + done - tag_bytes), length - done);
  }
  return sum;
}

std::optional<std::uint64_t> payload::first_difference(std::uint64_t stream, std::uint64_t offset_bytes,
                                                       std::span<const std::byte> bytes) const noexcept {
  std::array<std::byte, block_bytes> wanted{};
  while (!bytes.empty()) {
    const std::size_t length = std::min(bytes.size(), block_bytes - offset_bytes % block_bytes);
    const std::span<std::byte> here{wanted.data(), length};
    fill(stream, offset_bytes, here);
    if (std::memcmp(here.data(), bytes.data(), length) != 0) {
      const auto where = std::mismatch(here.begin(), here.end(), bytes.begin()).first;
      return offset_bytes + static_cast<std::uint64_t>(where - here.begin());
    }
    bytes = bytes.subspan(length);
    offset_bytes += length;
  }
  return std::nullopt;
}

}  // namespace wf::load
