// The payload is a function of (seed, stream, offset): any range made in any way has the same bytes, and bytes from
// anywhere else differ.
#include "wfload/payload.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace wf::load {
namespace {

std::vector<std::byte> made(const payload& from, std::uint64_t stream, std::uint64_t offset, std::size_t length) {
  std::vector<std::byte> out(length);
  from.fill(stream, offset, out);
  return out;
}

std::vector<std::byte> gathered(const payload& from, std::uint64_t stream, std::uint64_t offset, std::size_t length,
                                std::size_t pieces_max) {
  std::vector<std::byte> out;
  while (out.size() < length) {
    std::vector<iovec> pieces(pieces_max);
    std::vector<payload::tag> tags(pieces_max);
    const auto sum = from.gather(stream, offset + out.size(), length - out.size(), pieces, tags);
    EXPECT_GT(sum.bytes, 0U);
    for (std::size_t at = 0; at < sum.pieces; ++at) {
      const auto* first = static_cast<const std::byte*>(pieces[at].iov_base);
      out.insert(out.end(), first, first + pieces[at].iov_len);
    }
  }
  return out;
}

TEST(payload, cut_anywhere_gives_the_same_bytes) {
  const payload from{7};
  const auto whole = made(from, 3, 0, 3 * payload::block_bytes);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    auto parts = made(from, 3, 0, cut);
    const auto rest = made(from, 3, cut, whole.size() - cut);
    parts.insert(parts.end(), rest.begin(), rest.end());
    ASSERT_EQ(parts, whole) << "cut at " << cut;
  }
}

TEST(payload, gathered_pieces_are_the_filled_bytes) {
  std::mt19937_64 random{11};
  const payload from{random()};
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t offset = random() % 100'000;
    const std::size_t length = random() % 50'000;
    const std::size_t pieces = 2 + random() % 40;
    ASSERT_EQ(gathered(from, 5, offset, length, pieces), made(from, 5, offset, length))
        << "offset " << offset << " length " << length << " pieces " << pieces;
  }
}

TEST(payload, comparison_finds_the_first_wrong_byte) {
  const payload from{1};
  auto bytes = made(from, 9, 4000, 20'000);
  EXPECT_FALSE(from.first_difference(9, 4000, bytes));
  for (const std::size_t wrong :
       {std::size_t{0}, std::size_t{95}, std::size_t{96}, std::size_t{5000}, bytes.size() - 1}) {
    bytes[wrong] ^= std::byte{1};
    EXPECT_EQ(from.first_difference(9, 4000, bytes), 4000 + wrong);
    bytes[wrong] ^= std::byte{1};
  }
}

TEST(payload, other_seed_stream_or_place_differs_in_every_block) {
  const payload from{1};
  const payload other{2};
  const auto bytes = made(from, 0, 0, 16 * payload::block_bytes);
  EXPECT_NE(made(other, 0, 0, bytes.size()), bytes);
  for (std::uint64_t block = 0; block < 16; ++block) {
    const std::span<const std::byte> one{bytes.data() + block * payload::block_bytes, payload::block_bytes};
    EXPECT_TRUE(from.first_difference(1, block * payload::block_bytes, one));
    EXPECT_TRUE(from.first_difference(0, (block + 1) * payload::block_bytes, one));
    EXPECT_TRUE(from.first_difference(0, block * payload::block_bytes + 1, one));
  }
}

}  // namespace
}  // namespace wf::load
