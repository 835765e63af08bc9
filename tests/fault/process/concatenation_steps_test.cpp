// A final upload ends as the same file wherever the process dies: it is killed before each single disk operation from
// the request that names the parts to the end, and started again. Once the upload exists nobody has to ask for it, and
// the parts are what they were.
#include <fmt/format.h>
#include <gtest/gtest.h>

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

struct list {
  const char* name;
  std::vector<std::uint64_t> lengths;
};

std::string slurp(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

class concatenation_steps : public testing::TestWithParam<list> {
 protected:
  concatenation_steps() {
    std::uint64_t size = 0;
    for (const std::uint64_t length : GetParam().lengths) size += length;
    all_ = std::make_unique<material>(size);
  }

  [[nodiscard]] static std::vector<std::string> flags() {
    return {"--threads", "1", "--session-rate", "0", "--min-free", "0%"};
  }
  /// The parts, whole, sealed by a clean stop.
  void prepare() {
    server_process server{{master_.path() / "data", flags()}};
    tus_client client{server.port()};
    std::uint64_t begin = 0;
    for (const std::uint64_t length : GetParam().lengths) {
      const auto bytes = all_->part(begin, length);
      begin += length;
      const answer made = client.request("POST", "/tus/",
                                         fmt::format("Tus-Resumable: 1.0.0\r\nUpload-Concat: partial\r\nUpload-Length: "
                                                     "{}\r\nContent-Type: application/offset+octet-stream\r\n",
                                                     length),
                                         bytes);
      ASSERT_EQ(made.status, 201) << made.body;
      parts_.push_back(made.field("Location").value());
      wait_until_there(master_.path() / "data" / file_of(parts_.back()));
    }
    ASSERT_EQ(server.stop(), 0);
  }
  [[nodiscard]] std::string concat() const {
    std::string text = "Tus-Resumable: 1.0.0\r\nUpload-Concat: final;";
    for (const auto& part : parts_) text += part + " ";
    text.back() = '\r';
    return text + "\n";
  }
  [[nodiscard]] static fs::path home_of(const std::string& location) {
    return fs::path{".tus"} / fs::path{location}.filename();
  }
  [[nodiscard]] static fs::path file_of(const std::string& location) {
    return home_of(location) / "completed/recording.bin";
  }
  static bool wait_until_there(const fs::path& file, std::chrono::milliseconds within = 5s) {
    for (auto waited = 0ms; waited < within; waited += 10ms) {
      // The sources go last.
      if (fs::exists(file) && !fs::exists(file.parent_path().parent_path() / "chunks")) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
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
  /// The request that names the parts. Its answer, if it came.
  [[nodiscard]] std::optional<answer> join(const server_process& server) const {
    tus_client client{server.port()};
    try {
      return client.request("POST", "/tus/", concat());
    } catch (const std::runtime_error&) {
      return std::nullopt;  // it died before it could answer
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

  void expect_the_upload(const run& one, bool must_be_there, const std::string& where) const {
    server_process server{{one.data, flags()}};
    tus_client client{server.port()};
    // Not asked for: the start alone takes it up again.
    if (!wait_until_there(one.data / file_of(whole_), must_be_there ? 20s : 5s)) {
      ASSERT_FALSE(must_be_there) << where << ": it was not taken up again";
      const answer head = client.request("HEAD", whole_, "Tus-Resumable: 1.0.0\r\n");
      ASSERT_EQ(head.status, 404) << where << ": it exists, and was not taken up again";
      const auto again = join(server);
      ASSERT_TRUE(again && again->status == 201) << where;
      EXPECT_EQ(again->field("Location"), whole_) << where;
      ASSERT_TRUE(wait_until_there(one.data / file_of(whole_))) << where;
    }
    const answer got = client.request("GET", whole_);
    EXPECT_EQ(got.status, 200) << where;
    EXPECT_EQ(sha256_of(std::as_bytes(std::span{got.body})), all_->sha256) << where;
    ASSERT_EQ(server.stop(), 0) << server.log();
    std::uint64_t begin = 0;
    std::set<std::string> expected;
    for (std::size_t i = 0; i <= parts_.size(); ++i) {
      const std::string home = home_of(i == parts_.size() ? whole_ : parts_[i]).string();
      for (const char* name : {"", "/completed", "/completed/recording.bin", "/completed/recording.meta"}) {
        expected.insert(home + name);
      }
      if (i == parts_.size()) break;
      const auto bytes = all_->part(begin, GetParam().lengths[i]);
      begin += bytes.size();
      const std::string kept = slurp(one.data / file_of(parts_[i]));
      EXPECT_TRUE(std::ranges::equal(std::as_bytes(std::span{kept}), bytes)) << where << ": part " << i;
    }
    std::set<std::string> left;
    for (const auto& entry : fs::recursive_directory_iterator{one.data / ".tus"}) {
      left.insert(fs::relative(entry.path(), one.data).string());
    }
    EXPECT_EQ(left, expected) << where;
  }

  std::unique_ptr<material> all_{};
  temp_dir master_{};
  std::vector<std::string> parts_{};
  std::string whole_{};
};

TEST_P(concatenation_steps, each_may_be_the_last) {
  ASSERT_NO_FATAL_FAILURE(prepare());
  std::vector<std::string> steps;
  {
    const run whole;
    copy_master(whole);
    server_process server{{.data_dir = whole.data, .flags = flags(), .environment = environment(whole, "")}};
    wait_for_lines_to_stop(whole.trace);
    const auto before = fs::file_size(whole.trace);
    const auto made = join(server);
    ASSERT_TRUE(made);
    ASSERT_EQ(made->status, 201) << made->body;
    whole_ = made->field("Location").value();
    wait_for_lines_to_stop(whole.trace);
    std::ifstream lines{whole.trace};
    lines.seekg(static_cast<std::streamoff>(before));
    for (std::string line; std::getline(lines, line);) steps.push_back(line);
    server.kill();
    ASSERT_NO_FATAL_FAILURE(expect_the_upload(whole, true, "killed when all was done"));
  }
  ASSERT_GT(steps.size(), 10U);
  const std::vector<std::size_t> chosen = steps_to_die_at(steps);
  for (const std::size_t step : chosen) {
    const run one;
    copy_master(one);
    server_process server{
        {.data_dir = one.data, .flags = flags(), .environment = environment(one, fmt::format("any@{}=kill", step))}};
    std::ofstream{one.on}.flush();
    const auto made = join(server);
    const int ended = server.wait(2s);
    if (ended < 0) server.kill();  // this run needed fewer operations than the first
    const bool told = made && made->status == 201;
    ASSERT_NO_FATAL_FAILURE(expect_the_upload(
        one, told, fmt::format("killed before step {} of {}: {}", step, steps.size(), steps[step - 1])));
    if (HasFailure()) return;
  }
  fmt::print("[ campaign ] final upload {}: killed before {} of {} disk operations\n", GetParam().name, chosen.size(),
             steps.size());
}

INSTANTIATE_TEST_SUITE_P(process, concatenation_steps,
                         testing::Values(list{"of_one_part", {150'000}}, list{"of_three_parts", {150'000, 1, 90'000}}),
                         [](const auto& one) { return std::string{one.param.name}; });

}  // namespace
}  // namespace wf::test
