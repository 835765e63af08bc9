// Whatever is acknowledged before kill -9 is there afterwards, byte for byte: at any moment and at named disk
// operations, for every level of durability, layout and way of writing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "fault/support/campaign.hpp"
#include "fault/support/inspector.hpp"
#include "support/temp_dir.hpp"
#include "wfload/splitmix.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

/// Killed before the N-th of these.
constexpr const char* named_points[] = {
    "sync",          "sync~segment", "sync~chunks",      "sync~.facts",    "write~.facts",
    "write~segment", "write~.chunk", "allocate",         "mkdir",          "open~segment",
    "open~.chunk",   "rename",       "rename~recording", "unlink",         "unlink~segment",
    "truncate",      "splice",       "sync~.lock",       "sync~completed", "any",
};

/// Deaths may come while the server starts, too: then it is started once more without a plan.
void start(server_process& server, const std::string& plan) {
  if (plan.empty()) return server.start_with({});
  try {
    server.start_with(
        {"LD_PRELOAD=" WF_FAULT_SHIM, "WF_FAULT=" + plan, "WF_FAULT_ROOT=" + server.how().data_dir.string()});
  } catch (const std::runtime_error&) {
    server.start_with({});
  }
}

struct way {
  level durability;
  const char* layout;
  const char* write_mode;
};

class kill_campaign : public testing::TestWithParam<way> {
 protected:
  void inspect_all(server_process& server, ledger& book, std::vector<std::shared_ptr<recording_note>>& recordings) {
    for (bool looked_at_all = false; !looked_at_all;) {
      try {
        tus_client client{server.port()};
        for (const auto& one : recordings) inspect(book, client, *one, crash::process);
        looked_at_all = true;
      } catch (const std::runtime_error&) {
        // The named point was reached by looking: what loads a session also writes.
        server.kill();
        server.start_with({});
      }
    }
    // What is finished was compared when it was fetched; it is looked at once more after the crash, then let go.
    while (recordings.size() > clients_at_once * recordings_each) {
      old_.push_back(recordings.back());
      recordings.pop_back();
    }
  }

  std::vector<std::shared_ptr<recording_note>> old_{};
};

TEST_P(kill_campaign, loses_nothing_acknowledged) {
  const auto [durability, layout, write_mode] = GetParam();
  const std::uint64_t seed = campaign_seed(fmt::format("kill {} {} {}", name_of(durability), layout, write_mode));
  const std::uint64_t cycles = (count_from("WF_KILLS", 216) + 23) / 24;
  const load::payload bytes{seed};
  const temp_dir data;
  ledger book{durability};
  std::atomic<bool> over{false};
  std::vector<std::shared_ptr<recording_note>> recordings;
  std::uint64_t next_number = 0;
  traffic clients{{seed, &bytes, &book, &over}, recordings, next_number};
  std::mt19937_64 draw{seed};
  server_process server{
      {data.path(),
       {"--session-rate", "0", "--durability", name_of(durability), "--layout", layout, "--write-mode", write_mode,
        "--threads", "2", "--fan-out", std::to_string(draw() % 3), "--min-free", "0%"}}};
  std::uint64_t kills = 0;
  for (std::uint64_t cycle = 0; cycle < cycles && book.violations().empty(); ++cycle) {
    server.kill();
    const std::uint64_t kind = draw() % 10;
    std::string plan;
    if (kind < 4) plan = fmt::format("{}@{}=kill", named_points[draw() % std::size(named_points)], 1 + draw() % 12);
    start(server, plan);
    inspect_all(server, book, recordings);
    const auto span = std::chrono::milliseconds{kind < 4 ? 250 : draw() % 120};
    const std::uint64_t at_acknowledgement = kind >= 8 ? book.acknowledgements() + 1 + draw() % 40 : UINT64_MAX;
    over = false;
    book.on_acknowledgement([&](std::uint64_t count) {
      if (count != at_acknowledgement) return;
      over = true;
      server.signal(SIGKILL);
    });
    std::atomic<bool> stop{false};
    std::jthread killer{[&] {
      std::this_thread::sleep_for(span);
      over = true;
      server.signal(SIGKILL);
    }};
    clients.run(server.port(), draw(), stop);
    ++kills;
  }
  server.kill();
  over = false;
  book.on_acknowledgement({});
  server.start_with({});
  inspect_all(server, book, recordings);
  ASSERT_TRUE(book.violations().empty()) << report_of(book, server.log());
  uploader hands{{seed, &bytes, &book, &over}, draw(), server.port()};
  for (const auto& one : recordings) hands.complete(*one);
  ASSERT_EQ(server.stop(), 0) << server.log();
  server.start_with({});
  recordings.insert(recordings.end(), old_.begin(), old_.end());
  uploader again{{seed, &bytes, &book, &over}, draw(), server.port()};
  std::uint64_t finished = 0;
  for (const auto& one : recordings) {
    if (one->delete_told) continue;
    again.compare(*one);
    ++finished;
  }
  EXPECT_TRUE(book.violations().empty()) << report_of(book, server.log());
  fmt::print("[ campaign ] kill {} {} {}: {} kills, {} acknowledgements, {} recordings compared, {} violations\n",
             name_of(durability), layout, write_mode, kills, book.acknowledgements(), finished,
             book.violations().size());
}

std::vector<way> ways() {
  std::vector<way> all;
  for (const level durability : {level::none, level::chunk, level::patch}) {
    for (const char* layout : {"auto", "files"}) {
      for (const char* write_mode : {"auto", "direct", "splice", "buffered"}) {
        all.push_back(way{durability, layout, write_mode});
      }
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(process, kill_campaign, testing::ValuesIn(ways()), [](const auto& one) {
  return fmt::format("{}_{}_{}", name_of(one.param.durability), one.param.layout, one.param.write_mode);
});

}  // namespace
}  // namespace wf::test
