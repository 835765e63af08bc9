// Proves that a body lands where it belongs, whatever comes in between: every byte that landed is told, in order and
// without gaps, none lands behind one that did not, and none past the end.
#include "waveforge/store/body_transfer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "support/memory_body.hpp"
#include "support/store_parts.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {
namespace {

using test::memory_body;

struct case_of {
  const char* name;
  way how;
  bool segment;
};

class BodyTransfer : public test::store_parts, public testing::WithParamInterface<case_of> {
 protected:
  static constexpr std::uint64_t begin = 4'096;

  session_files files_{world_, with_, root_, files_open_, id_of("sid")};
  io::buffer_pool buffers_{ring_, 4, 512_KiB};
  io::buffer_pool heads_{ring_, 4, 16_KiB};
  io::pipe_pool pipes_{ring_, 1, 64_KiB};
  io::worker on_{ring_, buffers_, heads_, pipes_};
  std::uint64_t landed_{0};

  static std::string text_of(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>(at * 7 + at / 251);
    return text;
  }
  result<void> move(memory_body& body, std::uint64_t room) {
    body_transfer::target into;
    into.files = &files_;
    into.segment = GetParam().segment;
    into.file = into.segment ? run(files_.segment()).value() : run(files_.chunk_file(0, 0)).value();
    into.position_bytes = begin;
    into.end_bytes = begin + room;
    into.bound_bytes = UINT64_MAX;
    body_transfer transfer{
        world_, durability::chunk, on_, body, into, nullptr, [this](std::uint64_t bytes) {
                             landed_ += bytes; }};
    auto moved = run(transfer.run(GetParam().how));
    EXPECT_TRUE(into.file->dirty || landed_ == 0);
    return moved;
  }
  /// What lies in the file from where the body belongs.
  [[nodiscard]] std::string stored(std::size_t size) const {
    std::ifstream in{
        path_of("sid/" + std::string{GetParam().segment ? "chunks/segment" : session::chunk_file_path(0, 0)}),
        std::ios::binary};
    std::string all{std::istreambuf_iterator<char>{in}, {}};
    all.resize(std::max<std::size_t>(all.size(), begin + size));
    return all.substr(begin, size);
  }
};

TEST_P(BodyTransfer, LandsWholeWhateverItsShape) {
  for (const std::size_t size : {1UL, 4'095UL, 4'096UL, 100'000UL, 1'500'001UL}) {
    for (const std::size_t in_hand : {0UL, 10UL, 5'000UL}) {
      for (const bool chunked : {false, true}) {
        SCOPED_TRACE(testing::Message() << size << " bytes, " << in_hand << " in hand" << (chunked ? ", chunked" : ""));
        landed_ = 0;
        const std::string text = text_of(size);
        memory_body body{text, {.in_hand_bytes = in_hand, .piece_bytes = 70'000, .chunked = chunked}};
        const auto moved = move(body, size);
        ASSERT_TRUE(moved) << moved.error().detail;
        EXPECT_EQ(landed_, size);
        EXPECT_TRUE(stored(size) == text);
      }
    }
  }
}

TEST_P(BodyTransfer, IsKeptUpToWhereItBroke) {
  const std::string text = text_of(300'000);
  for (const std::size_t cut : {1UL, 4'096UL, 200'001UL}) {
    landed_ = 0;
    memory_body body{text, {.in_hand_bytes = 1, .piece_bytes = 70'000, .cut_at = cut}};
    EXPECT_EQ(move(body, text.size()).error().code, errc::peer_gone);
    EXPECT_EQ(landed_, cut);
    EXPECT_TRUE(stored(cut) == text.substr(0, cut));
  }
}

TEST_P(BodyTransfer, NothingLandsPastTheEnd) {
  const std::string text = text_of(50'000);
  for (const bool chunked : {false, true}) {
    landed_ = 0;
    memory_body body{text, {.in_hand_bytes = 100, .chunked = chunked}};
    EXPECT_EQ(move(body, 40'000).error().code, errc::too_large);
    EXPECT_EQ(landed_, 40'000U);
    EXPECT_TRUE(stored(40'000) == text.substr(0, 40'000));
    EXPECT_EQ(stored(40'001).back(), '\0');
  }
}

TEST_P(BodyTransfer, NothingIsKeptBehindBytesThatDidNotLand) {
  const std::string text = text_of(400'000);
  for (const int number : {ENOSPC, EIO}) {
    landed_ = 0;
    memory_body body{text, {.in_hand_bytes = 3'000, .piece_bytes = 90'000}};
    kernel_.fail_next(io::op_kind::write, number);
    const auto moved = move(body, text.size());
    ASSERT_FALSE(moved);
    EXPECT_EQ(moved.error().code, number == ENOSPC ? errc::no_space : errc::io_failed);
    EXPECT_LT(landed_, text.size());
    EXPECT_TRUE(stored(landed_) == text.substr(0, landed_));
  }
}

TEST_P(BodyTransfer, ADigestSeesEveryByteThatLands) {
  class summing final : public body_check {
   public:
    void update(std::span<const std::byte> bytes) override {
      seen.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    result<void> verify() override { return {}; }
    std::string seen{};
  } check;
  const std::string text = text_of(123'456);
  memory_body body{text, {.in_hand_bytes = 50, .piece_bytes = 10'000}};
  body_transfer::target into;
  into.files = &files_;
  into.file = run(files_.chunk_file(0, 0)).value();
  into.end_bytes = text.size();
  body_transfer transfer{world_, durability::none, on_, body, into, &check, [](std::uint64_t) {}};
  ASSERT_TRUE(run(transfer.run(way::buffered)));
  EXPECT_TRUE(check.seen == text);
}

INSTANTIATE_TEST_SUITE_P(Store, BodyTransfer,
                         testing::Values(case_of{"BufferedIntoTheSegment", way::buffered, true},
                                         case_of{"BufferedIntoAFile", way::buffered, false},
                                         case_of{"DirectIntoTheSegment", way::direct, true}),
                         [](const auto& one) { return std::string{one.param.name}; });

}  // namespace
}  // namespace wf::store
