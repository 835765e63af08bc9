// A disk that refuses: whatever operation fails, and with whatever error, nothing is acknowledged that a restart does
// not find, and the upload goes on when the disk does.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "e2e/scene.hpp"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A server whose disk operations fail as the rules say while the switch is on.
class failing_disk {
 public:
  failing_disk(const std::string& rules, std::vector<std::string> flags)
      : server{{.data_dir = home.path() / "data",
                .flags = std::move(flags),
                .environment = {"LD_PRELOAD=" WF_FAULT_SHIM, "WF_FAULT=" + rules,
                                "WF_FAULT_ROOT=" + (home.path() / "data").string(),
                                "WF_FAULT_WHILE=" + (home.path() / "on").string(),
                                "WF_FAULT_TRACE=" + (home.path() / "trace").string()}}} {}
  void switch_on() const { std::ofstream{home.path() / "on"}.flush(); }
  void switch_off() const { fs::remove(home.path() / "on"); }
  /// Lines of the trace so far.
  [[nodiscard]] std::size_t operations() const {
    std::ifstream lines{home.path() / "trace"};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) ++count;
    return count;
  }

  temp_dir home{};
  server_process server;
};

std::vector<std::string> usual_flags(const char* durability) {
  return {"--session-rate", "0", "--durability", durability, "--threads", "1", "--min-free", "0%"};
}

TEST(failing_disk, a_removal_that_failed_is_not_acknowledged_when_it_is_asked_for_again) {
  failing_disk disk{"sync~.facts@1+=5", usual_flags("chunk")};
  const material all{100'000};
  tus_client client{disk.server.port()};
  client.upload(session_of(1), {0, all.bytes.size(), all.bytes.size()}, all.bytes, 30'000);
  disk.switch_on();
  for (int twice = 0; twice < 2; ++twice) {
    EXPECT_GE(client.request("DELETE", "/files/" + session_of(1)).status, 500);
  }
  disk.switch_off();
  disk.server.kill();
  disk.server.start_again();
  tus_client later{disk.server.port()};
  // Whether it happened nobody was told; half of it must not have.
  const answer head = later.head(chunk_path(session_of(1), 0));
  EXPECT_TRUE(head.status == 410 || head.upload_offset() == all.bytes.size()) << head.status;
}

TEST(failing_disk, after_a_failed_sync_nothing_is_acknowledged_until_a_restart) {
  failing_disk disk{"sync~segment@1=5", usual_flags("patch")};
  const material all{100'000};
  tus_client client{disk.server.port()};
  const std::string session = session_of(2);
  ASSERT_EQ(client.create(session, {0, all.bytes.size(), all.bytes.size(), 1}).status, 201);
  ASSERT_EQ(client.patch(chunk_path(session, 0), 0, all.part(0, 40'000)).status, 204);
  disk.switch_on();
  EXPECT_EQ(client.patch(chunk_path(session, 0), 40'000, all.part(40'000, 60'000)).status, 500);
  disk.switch_off();
  // The kernel would now answer a sync with a success that means nothing.
  EXPECT_EQ(client.request("GET", "/ready").status, 503);
  EXPECT_GE(client.create(session_of(3), {0, 5}).status, 500);
  const answer again = client.patch(chunk_path(session, 0), 40'000, all.part(40'000, 60'000));
  EXPECT_THAT(again.status, testing::AnyOf(423, 500));
  disk.server.kill();
  disk.server.start_again();
  tus_client later{disk.server.port()};
  EXPECT_THAT(later.head(chunk_path(session, 0)).upload_offset(), testing::Optional(40'000U))
      << "bytes whose sync failed are told of";
  EXPECT_EQ(later.request("GET", "/ready").status, 200);
  ASSERT_EQ(later.patch(chunk_path(session, 0), 40'000, all.part(40'000, 60'000)).status, 204);
  later.wait_for_state(session, "assembled");
  EXPECT_EQ(later.recording_sha256(session), all.sha256);
}

TEST(failing_disk, facts_that_cannot_be_written_leave_everything_readable) {
  for (const int failure : {ENOSPC, EIO}) {
    SCOPED_TRACE(std::strerror(failure));
    failing_disk disk{fmt::format("write~.facts@1={}", failure), usual_flags("chunk")};
    const material all{100'000};
    tus_client client{disk.server.port()};
    const std::string whole = session_of(5);
    client.upload(whole, {0, all.bytes.size(), all.bytes.size(), 1}, all.bytes, 40'000);
    client.wait_for_state(whole, "assembled");
    const std::string session = session_of(4);
    const tus_client::creation what{0, all.bytes.size(), all.bytes.size(), 1};
    disk.switch_on();
    EXPECT_GE(client.create(session, what).status, 500);
    disk.switch_off();
    EXPECT_GE(client.create(session, what).status, 500) << "a log with a hole in it was written to";
    EXPECT_EQ(client.request("GET", "/ready").status, 503);
    EXPECT_EQ(client.recording_sha256(whole), all.sha256);
    disk.server.kill();
    disk.server.start_again();
    tus_client later{disk.server.port()};
    ASSERT_EQ(later.create(session, what).status, 201);
    ASSERT_EQ(later.patch(chunk_path(session, 0), 0, all.bytes).status, 204);
    later.wait_for_state(session, "assembled");
    EXPECT_EQ(later.recording_sha256(whole), all.sha256);
  }
}

/// What a scripted client was told, whatever failed under it.
struct told {
  std::uint64_t offset{0};
  bool created{false};
  bool assembled{false};
};

/// Creates, appends in three pieces, asks; every refusal is tried again once.
told play(tus_client& client, const std::string& session, const material& all) {
  told out;
  const auto twice = [](auto&& ask, auto&& good) {
    for (int tries = 0; tries < 2; ++tries) {
      const answer got = ask();
      if (good(got)) return true;
    }
    return false;
  };
  out.created = twice(
      [&] {
        return client.create(session, {0, all.bytes.size(), all.bytes.size(), 1});
      },
      [](const answer& got) { return got.status == 201; });
  for (int piece = 0; piece < 3 && out.created; ++piece) {
    (void)twice([&] { return client.patch(chunk_path(session, 0), out.offset, all.part(out.offset, 40'000)); },
                [&](const answer& got) {
                  if (got.status == 204) out.offset = got.upload_offset().value_or(0);
                  return got.status == 204;
                });
    const answer head = client.head(chunk_path(session, 0));
    if (head.status == 200) out.offset = std::max(out.offset, head.upload_offset().value_or(0));
  }
  for (int tries = 0; tries < 50 && out.offset == all.bytes.size() && !out.assembled; ++tries) {
    const session_status now = client.status(session);
    out.assembled = now.state == "assembled";
    if (now.state == "failed" || now.http_status != 200) break;
    std::this_thread::sleep_for(5ms);
  }
  return out;
}

class each_operation : public testing::TestWithParam<int> {};

TEST_P(each_operation, may_fail_once) {
  const material all{100'000};
  const std::string session = session_of(5);
  std::size_t operations = 0;
  {
    failing_disk disk{"", usual_flags("patch")};
    const std::size_t before = disk.operations();
    tus_client client{disk.server.port()};
    (void)play(client, session, all);
    // However slow the disk is: here everything has to come to its end.
    client.wait_for_state(session, "assembled");
    operations = disk.operations() - before;
  }
  ASSERT_GT(operations, 20U);
  const char* chosen = std::getenv("WF_EVERY_OPERATION");
  const std::size_t step = chosen != nullptr ? 1 : 7;
  std::size_t runs = 0;
  for (std::size_t nth = 1 + static_cast<std::size_t>(GetParam()) % step; nth <= operations; nth += step, ++runs) {
    SCOPED_TRACE(fmt::format("operation {} of {} fails with {}", nth, operations, std::strerror(GetParam())));
    failing_disk disk{fmt::format("any@{}={}", nth, GetParam()), usual_flags("patch")};
    told was;
    {
      tus_client client{disk.server.port()};
      disk.switch_on();
      ASSERT_NO_THROW(was = play(client, session, all)) << disk.server.log();
      disk.switch_off();
      EXPECT_EQ(client.request("GET", "/health").status, 200);
    }
    disk.server.kill();
    disk.server.start_again();
    tus_client later{disk.server.port()};
    const answer head = later.head(chunk_path(session, 0));
    if (was.created) {
      ASSERT_EQ(head.status, 200) << disk.server.log();
    }
    const std::uint64_t offset = head.status == 200 ? head.upload_offset().value_or(0) : 0;
    EXPECT_GE(offset, was.offset);
    if (head.status != 200) {
      ASSERT_EQ(later.create(session, {0, all.bytes.size(), all.bytes.size(), 1}).status, 201);
    }
    if (offset < all.bytes.size()) {
      ASSERT_EQ(later.patch(chunk_path(session, 0), offset, all.part(offset, all.bytes.size())).status, 204);
    }
    ASSERT_NO_THROW(later.wait_for_state(session, "assembled", 20s)) << disk.server.log();
    EXPECT_EQ(later.recording_sha256(session), all.sha256);
    if (HasFailure()) return;
  }
  fmt::print("[ campaign ] each operation fails once with {}: {} of {}\n", std::strerror(GetParam()), runs, operations);
}

INSTANTIATE_TEST_SUITE_P(failing_disk, each_operation, testing::Values(EIO, ENOSPC, EDQUOT, EROFS, EMFILE),
                         [](const auto& one) {
                           switch (one.param) {
                             case EIO: return "EIO";
                             case ENOSPC: return "ENOSPC";
                             case EDQUOT: return "EDQUOT";
                             case EROFS: return "EROFS";
                             default: return "EMFILE";
                           }
                         });

}  // namespace
}  // namespace wf::test
