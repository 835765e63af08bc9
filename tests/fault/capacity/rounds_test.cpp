// What a promise costs on journalled ext4: a round that a thousand sessions wait for, and new sessions that are durable
// when they are told. The figures are printed; docs/durability.md has the last ones.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "e2e/scene.hpp"
#include "fault/capacity/crowd.hpp"
#include "fault/support/campaign.hpp"
#include "fault/support/loop_disk.hpp"
#include "support/counting_random.hpp"
#include "support/ring_fixture.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/store/committer.hpp"
#include "waveforge/store/rocks_facts.hpp"
#include "waveforge/store/rows.hpp"
#include "waveforge/store/session_files.hpp"
#include "wfload/process_meter.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

class on_journalled_ext4 : public real_ring {
 protected:
  void SetUp() override {
    if (const auto why = no_loop_disks(file_system::ext4)) GTEST_SKIP() << *why;
    disk_ = std::make_unique<loop_disk>(file_system::ext4, home_.path() / "image", home_.path() / "mnt", 4'096_MiB,
                                        disk_use::measurement);
  }
  temp_dir home_{};
  std::unique_ptr<loop_disk> disk_{};
};

/// One of a thousand: writes some bytes to its segment and waits for the round that makes them last.
struct waiting_session {
  session::session_id id{};
  std::unique_ptr<store::session_files> files{};
  session::chunk chunk{};
};

/// What a round's time is made of.
class round_parts final : public metrics {
 public:
  void add(counter, std::uint64_t) noexcept override {}
  void set(gauge, std::int64_t) noexcept override {}
  void shift(gauge, std::int64_t) noexcept override {}
  void observe(timing what, double seconds) noexcept override {
    if (what == timing::sync) syncs_ms.push_back(seconds * 1'000);
    if (what == timing::facts_batch) facts_ms.push_back(seconds * 1'000);
  }
  std::vector<double> syncs_ms{};
  std::vector<double> facts_ms{};
};

constexpr std::size_t sessions_waiting = 1'000;
constexpr int rounds_measured = 30;

/// As the server writes: a body of 64 KiB goes directly to the disk, a small one through the page cache.
io::task<result<void>> write_some(waiting_session& of, std::span<const std::byte> bytes, bool direct) {
  const auto segment = co_await of.files->segment();
  if (!segment) co_return fail(segment.error());
  const auto reserved = co_await of.files->reserve(**segment, of.chunk.written_bytes, bytes.size(), UINT64_MAX);
  if (!reserved) co_return reserved;
  if (direct) {
    const auto opened = co_await of.files->open_direct(**segment);
    if (!opened) co_return opened;
  }
  io::file& file = direct ? (*segment)->direct : (*segment)->plain;
  const auto written = co_await file.write_all(bytes, of.chunk.written_bytes, nullptr);
  (*segment)->dirty = true;
  of.chunk.written_bytes += bytes.size();
  co_return written;
}

io::task<result<void>> wait_for_all(io::ring_context& ring, store::committer& commits,
                                    std::vector<waiting_session>& sessions) {
  std::size_t left = sessions.size();
  result<void> outcome{};
  io::notifier ended;
  for (auto& one : sessions) {
    store::commit_request request;
    request.files = one.files->unsynced_files();
    request.directories = one.files->unsynced_directories();
    request.rows = {store::progress_row(one.id, 0, one.chunk, one.chunk.written_bytes, true, 1)};
    request.sync = true;
    request.ended = [&](const result<void>& told) {
      if (!told) outcome = told;
      if (--left == 0) ended.notify_all();
    };
    commits.submit(std::move(request));
  }
  while (left > 0) {
    const std::uint64_t seen = ended.ticket();
    if (left == 0) break;
    (void)co_await ended.wait(seen, ring.after(60s));
  }
  co_return outcome;
}

struct pieces {
  const char* name;
  std::size_t bytes_each;
  bool direct;
};
class thousand_sessions : public on_journalled_ext4, public testing::WithParamInterface<pieces> {};

TEST_P(thousand_sessions, wait_for_one_round) {
  counting_random random;
  null_logger log;
  round_parts count;
  const store::environment world{io::real_kernel(), time_, random, log, count};
  const store::options with;
  store::file_budget files_open{with.open_files_max};
  const auto root = std::make_shared<store::open_directory>();
  root->handle = io::directory{io::descriptor{io::real_kernel(), io::real_kernel().open_root(disk_->at()).value()}};
  const auto rows = store::open_rocks_facts(disk_->at() / ".facts", store::facts_access::owner).value();
  store::ballast spare{world, root->handle};
  store::committer commits{world, ring_, *rows, root->handle, spare};
  io::task_scope rounds{ring_};
  ASSERT_TRUE(rounds.spawn(commits.run()));
  std::vector<waiting_session> sessions(sessions_waiting);
  for (std::size_t at = 0; at < sessions.size(); ++at) {
    sessions[at].id = session::session_id::parse(session_of(at), session::id_format::token).value();
    sessions[at].files = std::make_unique<store::session_files>(world, with, root, files_open, sessions[at].id);
  }
  const auto [name, bytes_each, direct] = GetParam();
  alignas(4096) static std::array<std::byte, 64_KiB> bytes{};
  std::vector<double> times;
  for (int round = 0; round <= rounds_measured; ++round) {
    for (auto& one : sessions) ASSERT_TRUE(run(write_some(one, std::span{bytes}.first(bytes_each), direct)));
    const auto began = steady::now();
    ASSERT_TRUE(run(wait_for_all(ring_, commits, sessions)));
    // The first one makes a thousand directories durable.
    if (round > 0) times.push_back(std::chrono::duration<double, std::milli>(steady::now() - began).count());
  }
  commits.stop();
  (void)run(rounds.join(io::deadline::never()));
  fmt::print(
      "[ measured ] a round of {} sessions with {} new bytes each, {}: p50 {:.1f} ms, p99 {:.1f} ms "
      "(p50 of its sync {:.1f} ms, of its facts {:.1f} ms)\n",
      sessions_waiting, bytes_each, name, quantile(times, 0.5), quantile(times, 0.99), quantile(count.syncs_ms, 0.5),
      quantile(count.facts_ms, 0.5));
  EXPECT_LE(quantile(times, 0.5), 20);
}

INSTANTIATE_TEST_SUITE_P(rounds, thousand_sessions,
                         testing::Values(pieces{"direct", 64_KiB, true}, pieces{"buffered", 1'024, false}),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST_F(on_journalled_ext4, new_sessions_are_durable_when_they_are_told) {
  const server_process server{
      {disk_->at() / "data", {"--session-rate", "0", "--threads", "1", "--durability", "chunk"}}};
  const std::uint64_t count = count_from("WF_SESSIONS", 20'000);
  const auto before = load::measure({server.pid()});
  const auto began = steady::now();
  for_each_number(server.port(), 64, count, [](tus_client& client, std::uint64_t number) {
    if (client.create(session_of(number), {0, 1'000}).status != 201) throw std::runtime_error{"not created"};
  });
  const double elapsed = std::chrono::duration<double>(steady::now() - began).count();
  const auto after = load::measure({server.pid()});
  const double cpu = after.user_s + after.system_s - before.user_s - before.system_s;
  const auto all = static_cast<double>(count);
  fmt::print(
      "[ measured ] {} new sessions, durable, over 64 connections: {:.0f} a second, {:.0f} for each second of a "
      "core\n",
      count, all / elapsed, all / cpu);
  EXPECT_GE(all / cpu, 2'000);
}

}  // namespace
}  // namespace wf::test
