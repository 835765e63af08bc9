// Proves that a final upload has the bytes of its parts in order, that the parts stay what they are, and that one which
// could not be made is made later without being asked for.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/hosted_store.hpp"
#include "support/memory_body.hpp"
#include "support/watched_kernel.hpp"
#include "waveforge/store/file_store.hpp"
#include "waveforge/store/store_host.hpp"

namespace wf::store {
namespace {

namespace fs = std::filesystem;
using test::memory_body;

class Concatenate : public test::hosted_store<test::watched_kernel> {
 protected:
  static session::session_id id_of(std::uint8_t number) {
    std::array<std::byte, 16> bytes{};
    bytes.fill(std::byte{number});
    return session::session_id::make_upload(bytes);
  }
  void create_part(std::uint8_t number, std::uint64_t length) {
    create_request request;
    request.id = id_of(number);
    request.length_bytes = length;
    request.length_bytes_max = length;
    request.hints.total_chunks = 1;
    request.concat = "partial";
    const auto created = run(data().create(request));
    ASSERT_TRUE(created) << created.error().detail;
  }
  void fill_part(std::uint8_t number, const std::string& text) {
    auto right = run(data().write(id_of(number), chunk_index{0}));
    ASSERT_TRUE(right) << right.error().detail;
    memory_body body{text};
    const auto appended = run((*right)->append(on_, body, {}));
    ASSERT_TRUE(appended) << appended.error().detail;
  }
  void part(std::uint8_t number, const std::string& text) {
    create_part(number, text.size());
    if (!text.empty()) fill_part(number, text);
  }
  result<created_chunk> join(const std::vector<std::uint8_t>& numbers, bool unfinished = false) {
    concatenate_request request;
    request.concat = "final;";
    for (const auto number : numbers) {
      request.parts.push_back(id_of(number));
      request.concat += "/tus/" + std::string{id_of(number).text()} + " ";
    }
    request.concat.pop_back();
    request.parts_may_be_unfinished = unfinished;
    return run(data().concatenate(request));
  }
  void wait_until_assembled(const session::session_id& id) {
    std::uint64_t seen = 0;
    for (;;) {
      const auto view = run(data().wait_for_change(id, seen, ring_.after(std::chrono::seconds{20})));
      ASSERT_TRUE(view) << view.error().detail;
      if (view->state == session::state::assembled) return;
      seen = view->version;
    }
  }
  [[nodiscard]] fs::path file_of(const session::session_id& id) const {
    return fs::path{with_.data_dir} / ".tus" / id.text() / "completed/recording.bin";
  }
  [[nodiscard]] std::string content(const session::session_id& id) {
    wait_until_assembled(id);
    std::ifstream in{file_of(id), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
};

TEST_F(Concatenate, OnePartWithBytesGetsOneMoreName) {
  const std::string text = text_of(3'000'000, 1);
  part(1, "");
  part(2, text);
  const auto joined = join({1, 2, 1});
  ASSERT_TRUE(joined) << joined.error().detail;
  EXPECT_TRUE(joined->chunk.complete());
  EXPECT_EQ(content(joined->id), text);
  EXPECT_EQ(fs::hard_link_count(file_of(joined->id)), 2U);
  // Each goes for itself.
  ASSERT_TRUE(run(data().remove(id_of(2))));
  EXPECT_EQ(content(joined->id), text);
  EXPECT_EQ(fs::hard_link_count(file_of(joined->id)), 1U);
}

TEST_F(Concatenate, RemovingTheWholeLeavesItsOnlyPart) {
  const std::string text = text_of(100'000, 1);
  part(1, text);
  const auto joined = join({1});
  ASSERT_TRUE(joined) << joined.error().detail;
  wait_until_assembled(joined->id);
  ASSERT_TRUE(run(data().remove(joined->id)));
  EXPECT_EQ(content(id_of(1)), text);
}

TEST_F(Concatenate, SeveralPartsAreBroughtTogether) {
  const std::string a = text_of(3'000'001, 1);
  const std::string b = text_of(77, 2);
  part(1, a);
  part(2, b);
  const auto joined = join({1, 2, 1});
  ASSERT_TRUE(joined) << joined.error().detail;
  EXPECT_EQ(content(joined->id), a + b + a);
  EXPECT_EQ(content(id_of(1)), a);
  EXPECT_EQ(content(id_of(2)), b);
}

TEST_F(Concatenate, AFilePerChunkIsNoObstacle) {
  host_.reset();
  with_.place = layout::files;
  open();
  const std::string a = text_of(5000, 1);
  const std::string b = text_of(7000, 2);
  part(1, a);
  part(2, b);
  const auto joined = join({1, 2});
  ASSERT_TRUE(joined) << joined.error().detail;
  EXPECT_EQ(content(joined->id), a + b);
}

TEST_F(Concatenate, NothingOfItIsEmpty) {
  part(1, "");
  const auto joined = join({1, 1});
  ASSERT_TRUE(joined) << joined.error().detail;
  EXPECT_EQ(content(joined->id), "");
}

TEST_F(Concatenate, WaitsForItsLastPartOverARestart) {
  const std::string a = text_of(5000, 1);
  const std::string b = text_of(6000, 2);
  part(1, a);
  create_part(2, b.size());
  const auto created = join({1, 2}, true);
  ASSERT_TRUE(created) << created.error().detail;
  EXPECT_FALSE(created->chunk.complete());
  host_.reset();
  open();
  // Nobody asks for the whole: the part alone sets it off.
  fill_part(2, b);
  for (int tries = 0; tries < 2000 && !fs::exists(file_of(created->id)); ++tries) {
    static_cast<void>(run(io::sleep_until(ring_.after(std::chrono::milliseconds{10}))));
  }
  ASSERT_TRUE(fs::exists(file_of(created->id)));
  EXPECT_EQ(content(created->id), a + b);
}

TEST_F(Concatenate, APartThatIsGoneLeavesItAsItIs) {
  const std::string a = text_of(5000, 1);
  part(1, a);
  create_part(2, 10);
  const auto created = join({1, 2}, true);
  ASSERT_TRUE(created) << created.error().detail;
  ASSERT_TRUE(run(data().remove(id_of(2))));
  const auto seen = run(data().settle(created->id, chunk_index{0}));
  ASSERT_TRUE(seen) << seen.error().detail;
  EXPECT_FALSE(seen->complete());
  EXPECT_EQ(content(id_of(1)), a);
}

TEST_F(Concatenate, AfterItsRemovalTheSameListMakesAnotherOne) {
  const std::string a = text_of(5000, 1);
  const std::string b = text_of(6000, 2);
  part(1, a);
  part(2, b);
  const auto first = join({1, 2});
  ASSERT_TRUE(first) << first.error().detail;
  ASSERT_TRUE(run(data().remove(first->id)));
  const auto second = join({1, 2});
  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_NE(second->id, first->id);
  EXPECT_EQ(content(second->id), a + b);
  const auto again = join({1, 2});
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_EQ(again->id, second->id);
}

}  // namespace
}  // namespace wf::store
