// Proves that the log filled with zeros ahead of what is written comes back whole, that after pages of it were lost
// what comes back is a prefix of what was applied, and that an observer sees every row of a log that grows under it.
#include "waveforge/store/facts_log.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "support/seeded.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/base/units.hpp"

namespace wf::store {
namespace {

namespace fs = std::filesystem;
using table = std::map<std::string, std::string>;

constexpr std::size_t page_bytes = 4096;

table all(facts& rows) {
  table out;
  EXPECT_TRUE(rows.scan("", "", [&](std::string_view key, std::string_view value) {
    out.emplace(key, value);
    return true;
  }));
  return out;
}

class FactsLog : public testing::Test {
 protected:
  test::temporary_directory home_;
  std::string path_{home_.path() + "/.facts"};
  test::seeded draw_{"facts log"};
  std::vector<table> after_;  ///< the rows after so many batches
  std::uint64_t applied_{0};

  std::unique_ptr<facts> open(const std::string& path, facts_access access = facts_access::owner) {
    auto opened = open_rocks_facts(path, access, home_.path() + "/scratch");
    EXPECT_TRUE(opened) << opened.error().detail;
    return opened ? std::move(*opened) : nullptr;
  }

  /// A row that counts, and some others. Zeros among the bytes, as facts have them.
  void apply_one(facts& rows, table& now, bool sync = false) {
    std::vector<fact_write> batch{{"count", std::to_string(++applied_)}};
    for (std::uint64_t more = draw_.between(0, 4); more > 0; --more) {
      std::string value = draw_.one_in(20) ? draw_.bytes(70'000) : draw_.bytes(300);
      value.append(draw_.between(0, 40), '\0');
      batch.push_back({fmt::format("row {}", draw_.between(0, 50)), std::move(value)});
    }
    ASSERT_TRUE(rows.apply(batch, sync));
    for (const auto& row : batch) now[row.key] = *row.value;
  }

  /// A batch whose record has a length that divides a page: pages of them hold whole records only.
  void apply_a_quarter_page(facts& rows, bool sync = false) {
    // The record's header, the batch's, the row's, and the key.
    constexpr std::size_t around = 7 + 12 + 4 + 5;
    std::string value = std::to_string(++applied_);
    value.resize(page_bytes / 4 - around, ' ');
    ASSERT_TRUE(rows.apply(std::vector<fact_write>{{"count", std::move(value)}}, sync));
  }
  static std::uint64_t counted(facts& rows) {
    const auto value = rows.get("count");
    return value && *value ? std::stoul(**value) : 0;
  }
  static void lose_page(const std::string& log, std::size_t page) {
    std::string bytes = read_file(log);
    bytes.replace(page * page_bytes, page_bytes, page_bytes, '\0');
    write_file(log, bytes);
  }

  /// The one log in `path` that has rows in it.
  static std::string log_in(const std::string& path) {
    std::string found;
    for (const auto& one : fs::directory_iterator{path}) {
      if (one.path().extension() == ".log") found = one.path().string();
    }
    return found;
  }
  static std::string read_file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  static void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
  }
};

TEST_F(FactsLog, ReachesAheadWhileItIsOpenAndEndsWithItsRowsWhenItIsClosed) {
  auto rows = open(path_);
  table now;
  apply_one(*rows, now, true);
  EXPECT_EQ(fs::file_size(log_in(path_)), 256_KiB);
  const std::string bytes = read_file(log_in(path_));
  const std::size_t written = bytes.find_last_not_of('\0') + 1;
  apply_one(*rows, now);
  EXPECT_GE(fs::file_size(log_in(path_)), 256_KiB);
  rows.reset();
  EXPECT_GE(fs::file_size(log_in(path_)), written);
  EXPECT_LT(fs::file_size(log_in(path_)), 256_KiB);
  EXPECT_TRUE(all(*open(path_)) == now);
}

TEST_F(FactsLog, GoesOnWithoutZerosWhereThereIsNoRoomForThem) {
  struct room {
    explicit room(rlim_t bytes) {
      EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
      const rlimit limited{bytes, before.rlim_max};
      EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
    }
    ~room() { EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0); }
    rlimit before{};
  };
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const auto rows = open(path_);
  {
    // The second step of zeros ends in the middle.
    const room little{256_KiB + 64_KiB};
    while (applied_ < 300) apply_a_quarter_page(*rows, true);
  }
  apply_a_quarter_page(*rows, true);  // now there would be room for all of it
  std::signal(SIGXFSZ, ignored);
  const std::string copy = home_.path() + "/killed";
  fs::copy(path_, copy);
  EXPECT_EQ(counted(*open(copy)), 301U);
}

TEST_F(FactsLog, OfAKilledOwnerComesBackWhole) {
  table now;
  const auto rows = open(path_);
  for (int batch = 0; batch < 400; ++batch) {
    apply_one(*rows, now);
    if (batch % 50 != 0) continue;
    const std::string copy = fmt::format("{}/killed {}", home_.path(), batch);
    fs::copy(path_, copy);
    ASSERT_TRUE(all(*open(copy)) == now) << batch;
  }
}

TEST_F(FactsLog, ThatLostPagesComesBackAsAPrefix) {
  after_.emplace_back();
  const auto rows = open(path_);
  while (after_.size() < 120) {
    after_.push_back(after_.back());
    apply_one(*rows, after_.back());
  }
  const std::string whole = read_file(log_in(path_));
  const std::size_t written = whole.find_last_not_of('\0') + 1;
  std::size_t shortened = 0;
  for (int power_cut = 0; power_cut < 60; ++power_cut) {
    const std::string copy = fmt::format("{}/cut {}", home_.path(), power_cut);
    fs::copy(path_, copy);
    std::string bytes = whole;
    for (std::uint64_t pages = draw_.between(1, 3); pages > 0; --pages) {
      const std::size_t at = draw_.between(0, (written - 1) / page_bytes) * page_bytes;
      bytes.replace(at, page_bytes, page_bytes, '\0');
    }
    write_file(log_in(copy), bytes);
    const table found = all(*open(copy));
    const std::size_t batches = found.empty() ? 0 : std::stoul(found.at("count"));
    ASSERT_LT(batches, after_.size());
    ASSERT_TRUE(found == after_[batches]) << batches << " of " << applied_;
    if (batches + 1 < after_.size()) ++shortened;
    fs::remove_all(copy);
  }
  EXPECT_EQ(shortened, 60U) << "every lost page held rows";
}

TEST_F(FactsLog, ThatLostPagesWithWholeRecordsComesBackAsAPrefix) {
  const auto rows = open(path_);
  for (int batch = 0; batch < 200; ++batch) apply_a_quarter_page(*rows);
  const std::string log = fs::path{log_in(path_)}.filename().string();
  for (std::size_t page = 0; page < 200 / 4; page += draw_.between(1, 5)) {
    const std::string copy = fmt::format("{}/cut {}", home_.path(), page);
    fs::copy(path_, copy);
    lose_page(copy + "/" + log, page);
    ASSERT_EQ(counted(*open(copy)), 4 * page);
  }
}

TEST_F(FactsLog, ThatLostAPageIsNotFollowedByTheNextLog) {
  const auto rows = open(path_);
  for (int batch = 0; batch < 200; ++batch) apply_a_quarter_page(*rows);
  const std::string first = fs::path{log_in(path_)}.filename().string();
  // Another start goes on in a log of its own, with the numbers that follow.
  const std::string beside = home_.path() + "/beside";
  fs::copy(path_, beside);
  const auto again = open(beside);
  for (int batch = 0; batch < 10; ++batch) apply_a_quarter_page(*again);
  const std::string second = fs::path{log_in(beside)}.filename().string();
  ASSERT_NE(second, first);

  const std::string copy = home_.path() + "/copy";
  fs::copy(path_, copy);
  fs::copy(beside + "/" + second, copy + "/" + second);
  const std::string lost = home_.path() + "/lost";
  fs::copy(copy, lost);
  ASSERT_EQ(counted(*open(copy)), 210U);
  lose_page(lost + "/" + first, 12);
  EXPECT_EQ(counted(*open(lost)), 48U);
}

TEST_F(FactsLog, IsSeenByAnObserverRowByRowWhileItGrows) {
  table now;
  const auto rows = open(path_);
  apply_one(*rows, now);
  const auto observer = open(path_, facts_access::observer);
  for (int batch = 0; batch < 300; ++batch) {
    apply_one(*rows, now);
    ASSERT_TRUE(all(*observer) == now) << batch;
  }
  ASSERT_TRUE(all(*open(path_, facts_access::observer)) == now);
}

TEST_F(FactsLog, WithARecordHalfWrittenShowsAnObserverTheRowsBeforeIt) {
  table now;
  table before;
  const auto rows = open(path_);
  for (int batch = 0; batch < 20; ++batch) {
    before = now;
    apply_one(*rows, now);
  }
  std::string bytes = read_file(log_in(path_));
  bytes.replace(bytes.find_last_not_of('\0'), 1, 1, '\0');
  const std::string copy = home_.path() + "/copy";
  fs::copy(path_, copy);
  write_file(log_in(copy), bytes);
  EXPECT_TRUE(all(*open(copy, facts_access::observer)) == before);
  EXPECT_TRUE(all(*open(copy)) == before);
}

TEST(MarkHole, LeavesALogAloneThatEndsInZerosOrWithItsFile) {
  for (const std::string& log : {std::string{}, std::string(3, '\0'), std::string(100'000, '\0')}) {
    std::string same = log;
    mark_hole(same);
    EXPECT_EQ(same, log);
  }
}

}  // namespace
}  // namespace wf::store
