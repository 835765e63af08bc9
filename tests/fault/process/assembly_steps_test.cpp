// A recording that is being put together ends as the same recording wherever the process dies: it is killed before
// each single disk operation from the last PATCH on, and started again. Assembling twice is assembling once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "e2e/scene.hpp"
#include "fault/support/steps.hpp"

namespace wf::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct shape {
  const char* name;
  std::vector<std::uint64_t> lengths;
  std::optional<std::uint64_t> chunk_bytes;
  const char* layout;
  bool last_first{false};  ///< created before the stride is known, so it gets a file and is copied at the end
};

class assembly_steps : public testing::TestWithParam<shape> {
 protected:
  assembly_steps() {
    std::uint64_t size = 0;
    for (const std::uint64_t length : GetParam().lengths) size += length;
    all_ = std::make_unique<material>(size);
  }

  /// Everything but the last chunk's bytes, sealed by a clean stop, in a directory that is copied for every run.
  void prepare() {
    server_process server{{master_.path() / "data", flags()}};
    tus_client client{server.port()};
    const std::uint32_t last = count() - 1;
    const tus_client::creation end{last, GetParam().lengths[last], GetParam().chunk_bytes, count(), "audio/webm"};
    if (GetParam().last_first) {
      ASSERT_EQ(client.create(session_, end).status, 201);
    }
    std::uint64_t begin = 0;
    for (std::uint32_t index = 0; index < last; ++index) {
      const std::uint64_t length = GetParam().lengths[index];
      client.upload(session_, {index, length, GetParam().chunk_bytes, count(), "audio/webm"}, all_->part(begin, length),
                    length);
      begin += length;
    }
    if (!GetParam().last_first) {
      ASSERT_EQ(client.create(session_, end).status, 201);
    }
    ASSERT_EQ(server.stop(), 0);
  }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(GetParam().lengths.size()); }
  [[nodiscard]] std::vector<std::string> flags() const {
    return {"--layout", GetParam().layout, "--threads", "1", "--session-rate", "0", "--min-free", "0%"};
  }

  struct run {
    temp_dir home{};
    fs::path data{home.path() / "data"};
    fs::path on{home.path() / "on"};
    fs::path trace{home.path() / "trace"};
  };
  void copy_master(const run& one) const { fs::copy(master_.path() / "data", one.data, fs::copy_options::recursive); }
  [[nodiscard]] static std::vector<std::string> environment(const run& one, const std::string& plan) {
    return {"LD_PRELOAD=" WF_FAULT_SHIM, "WF_FAULT=" + plan, "WF_FAULT_ROOT=" + one.data.string(),
            "WF_FAULT_WHILE=" + one.on.string(), "WF_FAULT_TRACE=" + one.trace.string()};
  }
  /// The last bytes, which set the assembly off. Whether they were acknowledged.
  bool send_last(const server_process& server) const {
    tus_client client{server.port()};
    const std::uint64_t length = GetParam().lengths.back();
    try {
      return client.patch(chunk_path(session_, count() - 1), 0, all_->part(all_->bytes.size() - length, length))
                 .status == 204;
    } catch (const std::runtime_error&) {
      return false;  // it died before it could answer
    }
  }
  static void wait_for_lines_to_stop(const fs::path& trace) {
    std::uintmax_t before = 0;
    for (int quiet = 0; quiet < 20;) {
      std::this_thread::sleep_for(10ms);
      const std::uintmax_t now = fs::exists(trace) ? fs::file_size(trace) : 0;
      quiet = now == before ? quiet + 1 : 0;
      before = now;
    }
  }
  /// A client that has every acknowledgement may never come back: its recording is put together all the same.
  static void expect_unasked(const fs::path& recording, const std::string& where) {
    for (int tries = 0; tries < 2'000 && !fs::exists(recording); ++tries) std::this_thread::sleep_for(10ms);
    ASSERT_TRUE(fs::exists(recording)) << where;
  }
  /// Whatever was lost with the process is sent again; then there is one recording and nothing else.
  void expect_the_recording(const run& one, bool acknowledged, const std::string& where) const {
    server_process server{{one.data, flags()}};
    if (acknowledged) {
      ASSERT_NO_FATAL_FAILURE(expect_unasked(one.data / session_ / "completed" / "recording.webm", where));
    }
    tus_client client{server.port()};
    const answer head = client.head(chunk_path(session_, count() - 1));
    ASSERT_EQ(head.status, 200) << where;
    const std::uint64_t length = GetParam().lengths.back();
    if (const std::uint64_t offset = head.upload_offset().value_or(0); offset < length) {
      const auto rest = all_->part(all_->bytes.size() - length + offset, length - offset);
      ASSERT_EQ(client.patch(chunk_path(session_, count() - 1), offset, rest).status, 204) << where;
    }
    client.wait_for_state(session_, "assembled", 20s);
    for (int twice = 0; twice < 2; ++twice) {
      const answer again = client.request("POST", "/files/" + session_ + "/assemble");
      EXPECT_EQ(again.status, 200) << where << ": " << again.body;
    }
    EXPECT_EQ(client.recording_sha256(session_), all_->sha256) << where;
    ASSERT_EQ(server.stop(), 0) << server.log();
    std::set<std::string> left;
    for (const auto& entry : fs::recursive_directory_iterator{one.data / session_}) {
      left.insert(fs::relative(entry.path(), one.data / session_).string());
    }
    EXPECT_EQ(left, (std::set<std::string>{"completed", "completed/recording.meta", "completed/recording.webm"}))
        << where;
  }

  std::unique_ptr<material> all_{};
  temp_dir master_{};
  std::string session_{session_of(0xa55)};
};

TEST_P(assembly_steps, each_may_be_the_last) {
  ASSERT_NO_FATAL_FAILURE(prepare());
  std::vector<std::string> steps;
  {
    const run whole;
    copy_master(whole);
    server_process server{{.data_dir = whole.data, .flags = flags(), .environment = environment(whole, "")}};
    wait_for_lines_to_stop(whole.trace);
    const auto before = fs::file_size(whole.trace);
    const bool acknowledged = send_last(server);
    wait_for_lines_to_stop(whole.trace);
    std::ifstream lines{whole.trace};
    lines.seekg(static_cast<std::streamoff>(before));
    for (std::string line; std::getline(lines, line);) steps.push_back(line);
    server.kill();
    ASSERT_NO_FATAL_FAILURE(expect_the_recording(whole, acknowledged, "killed when all was done"));
  }
  ASSERT_GT(steps.size(), 10U);
  const std::vector<std::size_t> chosen = steps_to_die_at(steps);
  for (const std::size_t step : chosen) {
    const run one;
    copy_master(one);
    server_process server{
        {.data_dir = one.data, .flags = flags(), .environment = environment(one, fmt::format("any@{}=kill", step))}};
    std::ofstream{one.on}.flush();
    const bool acknowledged = send_last(server);
    const int ended = server.wait(2s);
    if (ended < 0) server.kill();  // this run needed fewer operations than the first
    ASSERT_NO_FATAL_FAILURE(expect_the_recording(
        one, acknowledged, fmt::format("killed before step {} of {}: {}", step, steps.size(), steps[step - 1])));
    if (HasFailure()) return;
  }
  fmt::print("[ campaign ] assembly {}: killed before {} of {} disk operations\n", GetParam().name, chosen.size(),
             steps.size());
}

INSTANTIATE_TEST_SUITE_P(
    process, assembly_steps,
    testing::Values(shape{"adopted", {50'000, 50'000, 7'000}, 50'000, "auto"},
                    shape{"adopted_with_a_copied_tail", {50'000, 50'000, 7'000}, std::nullopt, "auto", true},
                    shape{"built_from_files", {50'000, 31, 7'000}, std::nullopt, "auto"},
                    shape{"a_file_per_chunk", {50'000, 50'000, 7'000}, 50'000, "files"}),
    [](const auto& one) { return std::string{one.param.name}; });

}  // namespace
}  // namespace wf::test
