// A body that is kept until the form has said where it belongs: the same bytes come out, and a slow peer holds nothing
// that others need.
#include "waveforge/store/held_body.hpp"

#include <gtest/gtest.h>

#include "support/memory_body.hpp"
#include "support/store_parts.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/store/body_transfer.hpp"

namespace wf::store {
namespace {

using test::memory_body;

class HeldBody : public test::store_parts {
 protected:
  io::buffer_pool buffers_{ring_, 2, 64_KiB};
  io::buffer_pool heads_{ring_, 2, 16_KiB};
  io::pipe_pool pipes_{ring_, 1, 64_KiB};
  io::worker on_{ring_, buffers_, heads_, pipes_};

  [[nodiscard]] std::size_t in_use() const { return buffers_.in_use() + heads_.in_use(); }
  static std::string text_of(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at) text[at] = static_cast<char>(at * 7 + at / 251);
    return text;
  }
  static io::task<std::string> read(io::body_source& from) {
    const auto buffer = std::make_shared<std::string>(10'000, '\0');
    std::string all;
    while (!from.done()) {
      const auto ready = co_await from.wait(1);
      EXPECT_TRUE(ready);
      const auto got = co_await from.receive(std::as_writable_bytes(std::span{*buffer}), buffer);
      EXPECT_TRUE(got) << got.error().detail;
      if (!got) break;
      all.append(*buffer, 0, *got);
    }
    co_return all;
  }
};

TEST_F(HeldBody, ComesOutAsItWentIn) {
  const auto pending = run(root_->handle.open_directory(".")).value();
  for (const std::size_t size : {0UL, 1UL, 70'000UL, 300'000UL}) {
    for (const std::size_t in_hand : {0UL, 1UL, 5'000UL}) {
      const std::string text = text_of(size);
      memory_body body{text, {.in_hand_bytes = in_hand, .piece_bytes = 30'000, .chunked = true}};
      const auto held = run(hold_body(on_, body, size, pending, "kept"));
      ASSERT_TRUE(held) << held.error().detail;
      EXPECT_EQ((*held)->remaining(), size);
      EXPECT_TRUE(run(read(**held)) == text);
    }
  }
}

TEST_F(HeldBody, IsRefusedWhenItIsTooLong) {
  const auto pending = run(root_->handle.open_directory(".")).value();
  memory_body body{text_of(100'001), {.piece_bytes = 30'000}};
  EXPECT_EQ(run(hold_body(on_, body, 100'000, pending, "kept")).error().code, errc::too_large);
}

TEST_F(HeldBody, HoldsNoBufferWhileThePeerIsWaitedFor) {
  const auto pending = run(root_->handle.open_directory(".")).value();
  memory_body body{text_of(100'000), {.in_hand_bytes = 10, .piece_bytes = 30'000, .hang_at = 80'000}};
  test::running<result<std::unique_ptr<io::body_source>>> holding{ring_,
                                                                  hold_body(on_, body, 100'000, pending, "kept")};
  EXPECT_TRUE(comes_true([&] { return body.taken_bytes() == 80'000 && in_use() == 0; }));
  body.interrupt();
  EXPECT_TRUE(comes_true([&] { return holding.ended(); }));
  EXPECT_EQ(holding.value().error().code, errc::displaced);
}

TEST_F(HeldBody, ComparingHoldsNoneEither) {
  session_files files{world_, with_, root_, files_open_, id_of("sid")};
  const auto file = run(files.chunk_file(0, 0)).value();
  const std::string text = text_of(100'000);
  const auto owner = std::make_shared<std::string>(text);
  ASSERT_TRUE(run(file->plain.write_all(std::as_bytes(std::span{*owner}), 0, owner)));
  memory_body body{text, {.in_hand_bytes = 10, .piece_bytes = 30'000, .hang_at = 80'000}};
  std::uint64_t compared = 0;
  test::running<result<void>> comparing{ring_, compare_with_file(on_, body, *file, 0, text.size(), &compared)};
  EXPECT_TRUE(comes_true([&] { return compared == 80'000 && in_use() == 0; }));
  body.interrupt();
  EXPECT_TRUE(comes_true([&] { return comparing.ended(); }));
  EXPECT_EQ(comparing.value().error().code, errc::displaced);
}

}  // namespace
}  // namespace wf::store
