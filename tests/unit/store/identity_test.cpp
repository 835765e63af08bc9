// Proves when rows of yesterday still count: only if nothing but the process died, and that one server at a time
// decides it, in writing, before anything else.
#include "waveforge/store/identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "support/store_parts.hpp"

namespace wf::store {
namespace {

identity example() {
  return {"boot", "1234-5678", 0x7f00000123, 0xfedcba9876543210, true, "http://127.0.0.1:8080", "/tus"};
}

TEST(Identity, ReadsBackWhatWasWrittenInOneSector) {
  const std::string text = encode_identity(example());
  EXPECT_EQ(text.size(), 512U);
  const auto read = decode_identity(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->boot_id, "boot");
  EXPECT_EQ(read->file_system_uuid, "1234-5678");
  EXPECT_EQ(read->mount_instance, 0x7f00000123U);
  EXPECT_EQ(read->era, 0xfedcba9876543210U);
  EXPECT_TRUE(read->failed_sync);
  EXPECT_EQ(read->address, "http://127.0.0.1:8080");
  EXPECT_EQ(read->tus_base, "/tus");
}

TEST(Identity, LeavesAnAddressOutThatDoesNotFitRatherThanTheEra) {
  identity value = example();
  value.address = std::string(600, 'x');
  const std::string text = encode_identity(value);
  EXPECT_EQ(text.size(), 512U);
  EXPECT_EQ(decode_identity(text)->era, value.era);
  EXPECT_EQ(decode_identity(text)->address, "");
  EXPECT_EQ(decode_identity(text)->tus_base, "/tus");
  value.tus_base = std::string(600, 'x');
  EXPECT_EQ(encode_identity(value).size(), 512U);
  EXPECT_EQ(decode_identity(encode_identity(value))->tus_base, "");
}

TEST(Identity, CutAtAnyByteIsNotRead) {
  const std::string text = encode_identity(example());
  const std::size_t whole = text.find("end\n") + 4;
  for (std::size_t size = 0; size < whole; ++size) {
    EXPECT_FALSE(decode_identity(text.substr(0, size))) << size;
  }
  EXPECT_TRUE(decode_identity(text.substr(0, whole)));
  EXPECT_FALSE(decode_identity("something else entirely\nend\n"));
}

TEST(Identity, AnEraOutlivesItsProcessOnlyOnTheSameBootFileSystemAndMount) {
  identity before = example();
  before.failed_sync = false;
  EXPECT_TRUE(era_outlives_process(before, before));
  const auto with = [&](auto change) {
    identity now = before;
    change(now);
    return now;
  };
  EXPECT_FALSE(era_outlives_process(before, with([](identity& one) { one.boot_id = "later"; })));
  EXPECT_FALSE(era_outlives_process(before, with([](identity& one) { one.file_system_uuid = "other"; })));
  EXPECT_FALSE(era_outlives_process(before, with([](identity& one) { ++one.mount_instance; })));
  EXPECT_FALSE(era_outlives_process(with([](identity& one) { one.failed_sync = true; }), before));
  const identity unknown = with([](identity& one) { one.boot_id.clear(); });
  EXPECT_FALSE(era_outlives_process(unknown, unknown)) << "two that are not known are not the same";
}

class ClaimedDir : public test::store_parts {
 protected:
  result<claimed_dir> claim(recover_mode how = recover_mode::automatic) {
    return run(claim_data_dir(world_, home_.path() + "/data", how));
  }
};

TEST_F(ClaimedDir, DrawsAnEraAndGoesOnWithItAfterAMereProcessDeath) {
  session::era first = 0;
  {
    const auto dir = claim();
    ASSERT_TRUE(dir) << dir.error().detail;
    EXPECT_FALSE(dir->era_goes_on);
    first = dir->now.era;
  }
  const auto again = claim();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->era_goes_on);
  EXPECT_EQ(again->now.era, first);
}

TEST_F(ClaimedDir, HasItsEraOnStableStorageBeforeItIsUsed) {
  kernel_.forget_events();
  ASSERT_TRUE(claim());
  EXPECT_LT(kernel_.last_end("write"), kernel_.first_end("sync"));
  EXPECT_EQ(kernel_.count("sync"), 2U) << "the file, and its name";
  kernel_.fail_next(io::op_kind::sync, EIO);
  EXPECT_FALSE(claim());
}

TEST_F(ClaimedDir, WaitsAMomentForAServerThatLetsGo) {
  std::optional<claimed_dir> first{std::move(*claim())};
  const auto opened = kernel_.count("open");
  test::running<result<claimed_dir>> second{ring_,
                                            claim_data_dir(world_, home_.path() + "/data", recover_mode::automatic)};
  while (kernel_.count("open") == opened) ring_.turn(true);
  first.reset();
  while (!second.ended()) ring_.turn(true);
  EXPECT_TRUE(second.value());
}

TEST_F(ClaimedDir, BeginsANewEraAfterAFailedSyncOrWhenToldTo) {
  session::era before = 0;
  {
    auto dir = claim();
    before = dir->now.era;
    dir->now.failed_sync = true;
    ASSERT_TRUE(run(write_identity(*dir)));
  }
  {
    const auto dir = claim();
    EXPECT_FALSE(dir->era_goes_on);
    EXPECT_NE(dir->now.era, before);
    EXPECT_FALSE(dir->now.failed_sync) << "that was the last server's";
    before = dir->now.era;
  }
  EXPECT_NE(claim(recover_mode::crash)->now.era, before);
}

TEST_F(ClaimedDir, BelievesThePageCacheWhenToldToWhateverIsWritten) {
  session::era before = 0;
  {
    auto dir = claim();
    before = dir->now.era;
    dir->now.failed_sync = true;
    ASSERT_TRUE(run(write_identity(*dir)));
  }
  EXPECT_EQ(claim(recover_mode::process)->now.era, before);
}

TEST_F(ClaimedDir, BeginsANewEraWhenItsNoteCannotBeRead) {
  const session::era before = claim()->now.era;
  std::ofstream{path_of("data/.lock"), std::ios::trunc} << "waveforge-lock 1\nboot=";
  for (const auto how : {recover_mode::automatic, recover_mode::process}) {
    const auto dir = claim(how);
    EXPECT_FALSE(dir->era_goes_on);
    EXPECT_NE(dir->now.era, before);
    std::ofstream{path_of("data/.lock"), std::ios::trunc} << "garbled";
  }
}

TEST_F(ClaimedDir, IsOneServersAtATimeAndSaysWhose) {
  auto dir = claim();
  dir->now.address = "http://127.0.0.1:8080";
  ASSERT_TRUE(run(write_identity(*dir)));
  const auto second = claim();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, errc::unavailable);
  EXPECT_THAT(second.error().detail, testing::HasSubstr("http://127.0.0.1:8080"));
}

}  // namespace
}  // namespace wf::store
