// Plays every case of the documents in this directory against the real server: whole, byte by byte, and with the
// request under test cut in two at every byte of its head. WF_CONFORMANCE_STEP=n cuts only at every n-th byte, which is
// what the slow sanitizer builds do by themselves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "conformance/document.hpp"
#include "conformance/player.hpp"
#include "support/server_process.hpp"
#include "support/temp_dir.hpp"

namespace wf::test::conformance {
namespace {

constexpr std::size_t players_max = 12;

std::size_t cut_step() {
  const char* chosen = std::getenv("WF_CONFORMANCE_STEP");
  if (chosen != nullptr) return std::max(1UL, std::strtoul(chosen, nullptr, 10));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 64;
#else
  return 1;
#endif
}

/// One server for all cases of a document, and its counts.
struct stage {
  explicit stage(const document& of) : doc{of} {}
  const document& doc;
  temp_dir data{};
  std::unique_ptr<server_process> server{};
  std::atomic<std::uint64_t> plays{0};
  std::size_t cases{0};

  std::uint16_t port() {
    if (!server || server->wait(std::chrono::milliseconds{0}) != -1) {
      if (server) ADD_FAILURE() << "the server ended:\n" << server->log();
      std::vector<std::string> flags = doc.server_flags;
      for (std::string& flag : flags) {
        if (const std::size_t at = flag.find("{data}"); at != std::string::npos) flag.replace(at, 6, data.path());
      }
      const bool chooses = std::find(flags.begin(), flags.end(), "--listen") == flags.end();
      server = std::make_unique<server_process>(server_process::setup{data.path(), flags, chooses});
    }
    return server->port();
  }
};

// Plays are numbered over the whole process, so that ids never meet.
std::atomic<std::uint64_t> play_number{0};

class played_case : public testing::Test {
 public:
  played_case(stage& on, const test_case& what) : stage_{on}, what_{what} {}

  void TestBody() override {
    ++stage_.cases;
    if (!once({cutting::kind::whole, 0}) || what_.once) return;
    const player probe{stage_.port(), 0, {}};
    cut_everywhere(player::cut_positions(what_, probe.variables()));
  }

 private:
  bool once(cutting cut) {
    const std::string wrong = play(stage_.port(), cut);
    if (!wrong.empty()) ADD_FAILURE() << wrong;
    return wrong.empty();
  }

  /// Plays side by side, because each of them mostly waits; the first that goes wrong ends them all.
  void cut_everywhere(std::size_t end) {
    const std::uint16_t port = stage_.port();
    // Turn 0 is byte by byte, turn n cuts before byte 1 + (n - 1) * step.
    const std::size_t step = cut_step();
    const std::size_t turns = 1 + (end > 1 ? (end - 1 + step - 1) / step : 0);
    std::atomic<std::size_t> next{0};
    std::mutex guard;
    std::string first_wrong;
    const auto take_turns = [&] {
      for (std::size_t turn = next++; turn < turns; turn = next++) {
        const cutting cut =
            turn == 0 ? cutting{cutting::kind::byte_by_byte, 0} : cutting{cutting::kind::in_two, 1 + (turn - 1) * step};
        const std::string wrong = play(port, cut);
        if (wrong.empty()) continue;
        next = turns;
        const std::lock_guard lock{guard};
        if (first_wrong.empty()) first_wrong = wrong;
      }
    };
    {
      std::vector<std::jthread> players;
      for (std::size_t at = 0; at < std::min(players_max, turns); ++at) players.emplace_back(take_turns);
    }
    if (!first_wrong.empty()) ADD_FAILURE() << first_wrong;
  }

  std::string play(std::uint16_t port, cutting cut) {
    ++stage_.plays;
    player one{port, play_number.fetch_add(1), cut};
    const std::string wrong = one.play(stage_.doc, what_);
    if (wrong.empty()) return {};
    const std::string how = cut.how == cutting::kind::whole          ? "whole"
                            : cut.how == cutting::kind::byte_by_byte ? "byte by byte"
                                                                     : fmt::format("cut at {}", cut.at);
    return fmt::format("{} ({})\n{}", what_.name, how, wrong);
  }

  stage& stage_;
  const test_case& what_;
};

/// Ends the document's server with its last case, prints its count.
class curtain : public testing::EmptyTestEventListener {
 public:
  explicit curtain(std::map<std::string, std::unique_ptr<stage>>& stages) : stages_{stages} {}
  void OnTestSuiteEnd(const testing::TestSuite& suite) override {
    const auto at = stages_.find(suite.name());
    if (at == stages_.end()) return;
    stage& one = *at->second;
    fmt::print("[ document ] {}: {} cases, {} plays\n", suite.name(), one.cases, one.plays.load());
    if (one.server) {
      const int code = one.server->stop();
      if (code != 0) ADD_FAILURE() << "the server ended with " << code << ":\n" << one.server->log();
      one.server.reset();
    }
  }

 private:
  std::map<std::string, std::unique_ptr<stage>>& stages_;
};

std::string identifier(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (word) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

int run(int count, char** words) {
  testing::InitGoogleTest(&count, words);
  const std::vector<document> documents = read_documents(WF_CONFORMANCE_DIR);
  std::map<std::string, std::unique_ptr<stage>> stages;
  for (const document& doc : documents) {
    const std::string suite = doc.path.parent_path().filename().string() + "." + doc.path.stem().string();
    stage& on = *stages.emplace(suite, std::make_unique<stage>(doc)).first->second;
    for (const test_case& one : doc.cases) {
      testing::RegisterTest(suite.c_str(), identifier(one.name).c_str(), nullptr, nullptr, doc.path.c_str(),
                            static_cast<int>(one.line), [&on, &one]() -> testing::Test* {
                              return new played_case{on, one};
                            });
    }
  }
  testing::UnitTest::GetInstance()->listeners().Append(new curtain{stages});
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace wf::test::conformance

int main(int count, char** words) {
  try {
    return wf::test::conformance::run(count, words);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}\n", failure.what());
    return 2;
  }
}
