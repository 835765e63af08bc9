// Proves that the facts are what was applied, in order and after opening again; that a record torn by a power cut is
// taken back, and that other damage is left as it is and told.
#include "waveforge/store/rocks_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "support/seeded.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/base/crc32c.hpp"
#include "waveforge/store/torn_manifest.hpp"

namespace wf::store {
namespace {

constexpr std::size_t sector_bytes = 512;

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}
std::optional<std::size_t> torn(const std::string& bytes) {
  return torn_from(std::as_bytes(std::span{bytes}));
}

/// A whole record of RocksDB's logs.
std::string record_of(const std::string& payload, char type = 1) {
  const std::string covered = type + payload;
  const std::uint32_t sum = crc32c(0, std::as_bytes(std::span{covered}));
  const std::uint32_t masked = (sum >> 15U | sum << 17U) + 0xa282ead8U;
  std::string out;
  for (unsigned at = 0; at < 4; ++at) out.push_back(static_cast<char>(masked >> 8U * at));
  out.push_back(static_cast<char>(payload.size()));
  out.push_back(static_cast<char>(payload.size() >> 8U));
  return out + covered;
}

class RocksFacts : public testing::Test {
 protected:
  test::temporary_directory home_;
  std::string path_{home_.path() + "/.facts"};

  std::unique_ptr<facts> open() {
    auto opened = open_rocks_facts(path_, facts_access::owner);
    EXPECT_TRUE(opened) << opened.error().detail;
    return opened ? std::move(*opened) : nullptr;
  }
  std::string manifest() {
    std::string name = read_file(path_ + "/CURRENT");
    name.pop_back();
    return path_ + "/" + name;
  }
  static std::map<std::string, std::string> all(facts& rows) {
    std::map<std::string, std::string> out;
    EXPECT_TRUE(rows.scan("", "", [&](std::string_view key, std::string_view value) {
      out.emplace(key, value);
      return true;
    }));
    return out;
  }
};

TEST_F(RocksFacts, AreWhatWasAppliedAlsoAfterOpeningAgain) {
  std::map<std::string, std::string> expected;
  test::seeded draw{"rocks facts"};
  const auto below = [&](std::uint64_t end) { return draw.between(0, end - 1); };
  for (int opened = 0; opened < 4; ++opened) {
    const auto rows = open();
    ASSERT_EQ(all(*rows), expected);
    for (int batch = 0; batch < 50; ++batch) {
      std::vector<fact_write> writes;
      for (std::uint64_t count = below(6); count > 0; --count) {
        const std::string key{static_cast<char>('a' + below(3)), static_cast<char>(below(256))};
        if (below(3) == 0) {
          writes.push_back({key, std::nullopt});
          expected.erase(key);
        } else {
          writes.push_back({key, std::string(below(40), static_cast<char>(below(256)))});
          expected[key] = *writes.back().value;
        }
      }
      ASSERT_TRUE(rows->apply(writes, batch % 7 == 0));
    }
    ASSERT_EQ(all(*rows), expected);
    for (const auto& [key, value] : expected) ASSERT_EQ(*rows->get(key), value);
    EXPECT_EQ(*rows->get("never"), std::nullopt);
  }
}

TEST_F(RocksFacts, ScanKeepsToItsPrefixAndEndsWhenToldTo) {
  const auto rows = open();
  const std::vector<fact_write> writes{{"a", "0"}, {"b1", "1"}, {"b2", "2"}, {"b3", "3"}, {"c", "4"}};
  ASSERT_TRUE(rows->apply(writes, false));
  const auto keys = [&](std::string_view prefix, std::string_view from, std::size_t most) {
    std::vector<std::string> out;
    EXPECT_TRUE(rows->scan(prefix, from, [&](std::string_view key, std::string_view) {
      out.emplace_back(key);
      return out.size() < most;
    }));
    return out;
  };
  EXPECT_THAT(keys("b", "b", 9), testing::ElementsAre("b1", "b2", "b3"));
  EXPECT_THAT(keys("b", "b2", 9), testing::ElementsAre("b2", "b3"));
  EXPECT_THAT(keys("b", "", 2), testing::ElementsAre("b1", "b2"));
  EXPECT_THAT(keys("d", "", 9), testing::ElementsAre());
}

TEST_F(RocksFacts, AreOneOwnersAtATimeAndAnObserverFollows) {
  const auto rows = open();
  EXPECT_FALSE(open_rocks_facts(path_, facts_access::owner));
  const auto observer = open_rocks_facts(path_, facts_access::observer, home_.path() + "/scratch");
  ASSERT_TRUE(observer) << observer.error().detail;
  const std::vector<fact_write> writes{{"key", "later"}};
  ASSERT_TRUE(rows->apply(writes, false));
  EXPECT_EQ(*(*observer)->get("key"), "later");
}

TEST_F(RocksFacts, OpenAgainAfterAPowerCutToreTheListOfTheirFiles) {
  const std::vector<fact_write> writes{{"key", "value"}};
  ASSERT_TRUE(open()->apply(writes, true));
  const std::string before = read_file(manifest());
  // The end of the record lies in a sector that never reached the disk.
  constexpr std::size_t lost = 100;
  std::size_t size = 3 * sector_bytes;
  while ((before.size() + record_of(std::string(size, 'x')).size()) % sector_bytes != lost) ++size;
  std::string record = record_of(std::string(size, 'x'));
  record.replace(record.size() - lost, lost, lost, '\0');
  write_file(manifest(), before + record);

  const auto observed = open_rocks_facts(path_, facts_access::observer, home_.path() + "/scratch");
  ASSERT_FALSE(observed);
  EXPECT_THAT(observed.error().detail, testing::HasSubstr("the next start of the server takes it back"));
  const auto rows = open();
  ASSERT_NE(rows, nullptr);
  EXPECT_EQ(*rows->get("key"), "value");
}

TEST_F(RocksFacts, ThatAreDamagedOtherwiseSayWhatToDoAndStayAsTheyAre) {
  const std::vector<fact_write> writes{{"key", "value"}};
  ASSERT_TRUE(open()->apply(writes, true));
  std::string bytes = read_file(manifest());
  bytes[12] = static_cast<char>(bytes[12] ^ 1);
  const std::string file = manifest();
  write_file(file, bytes);
  const auto opened = open_rocks_facts(path_, facts_access::owner);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, errc::damaged);
  EXPECT_THAT(opened.error().detail, testing::HasSubstr("work on a copy of the data dir"));
  EXPECT_EQ(read_file(file), bytes);
}

TEST(TornManifest, IsTornOnlyWhereASectorIsMissing) {
  const std::string first = record_of("first");
  const std::string whole = first + record_of(std::string(2000, 'y'));
  EXPECT_EQ(torn(""), std::nullopt);
  EXPECT_EQ(torn(whole), std::nullopt);
  EXPECT_EQ(torn(whole.substr(0, whole.size() - 1)), std::nullopt) << "RocksDB reads up to there by itself";
  EXPECT_EQ(torn(whole + std::string(900, '\0')), std::nullopt) << "nothing was written there";
  for (std::size_t sector = 1; sector * sector_bytes < whole.size(); ++sector) {
    std::string bytes = whole;
    const std::size_t end = std::min(bytes.size(), (sector + 1) * sector_bytes);
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(sector * sector_bytes),
              bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    EXPECT_EQ(torn(bytes), first.size()) << sector;
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    EXPECT_EQ(torn(bytes), std::nullopt) << "byte " << at << " went wrong on the disk";
  }
}

TEST(TornManifest, AnEmptySectorBehindARecordDoesNotMakeItATornOne) {
  const std::string record = record_of(std::string(700, 'y'));
  const std::string zeros = record_of(std::string(2000, '\0'));
  for (const std::string& behind : {zeros, std::string(2000, '\0')}) {
    std::string bytes = record + behind;
    bytes[100] = static_cast<char>(bytes[100] ^ 0x10);
    EXPECT_EQ(torn(bytes), std::nullopt) << "a bit went wrong, and everything behind it would be thrown away";
  }
}

TEST(TornManifest, ASectorThatIsEmptyOnlyAsFarAsTheRecordGoesIsNone) {
  // The record's last bytes are zeros and begin a sector; what follows in that sector is there.
  const std::string record = record_of(std::string(2 * sector_bytes - 7 - 20, 'y') + std::string(30, '\0'));
  std::string bytes = record + record_of(std::string(700, 'z'));
  bytes[100] = static_cast<char>(bytes[100] ^ 0x10);
  EXPECT_EQ(torn(bytes), std::nullopt);
}

TEST(TornManifest, TakesAWholeRecordBackNotItsEndOnly) {
  constexpr char first = 2;
  constexpr char last = 4;
  const std::string before = record_of("before");
  std::string long_one = record_of(std::string(32 * 1024 - 7 - before.size(), 'a'), first);
  std::string tail = record_of(std::string(700, 'b'), last);
  ASSERT_EQ((before + long_one).size(), 32U * 1024);
  EXPECT_EQ(torn(before + long_one + tail), std::nullopt);
  std::fill(tail.begin() + sector_bytes, tail.end(), '\0');
  EXPECT_EQ(torn(before + long_one + tail), before.size());
}

}  // namespace
}  // namespace wf::store
