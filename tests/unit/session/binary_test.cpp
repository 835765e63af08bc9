// What is written is read back, nothing is read past the end, and each value has exactly one form.
#include "waveforge/session/binary.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "support/guard_page.hpp"
#include "support/seeded.hpp"

namespace wf::session {
namespace {

constexpr std::uint64_t u64_max = std::numeric_limits<std::uint64_t>::max();

std::string varint_bytes(std::uint64_t value) {
  binary_writer out;
  out.varint(value);
  return out.take();
}

struct one_varint {
  bool ok{false};
  std::uint64_t value{0};
  friend bool operator==(const one_varint&, const one_varint&) = default;
};
void PrintTo(const one_varint& what, std::ostream* out) {
  *out << (what.ok ? "ok " : "failed ") << what.value;
}
one_varint read_varint(std::string_view bytes, std::uint64_t max = u64_max) {
  const test::guarded_bytes guarded{bytes};
  binary_reader in{guarded.view()};
  const std::uint64_t value = in.varint(max);
  return {in.ended_well(), value};
}
constexpr one_varint failed{};

TEST(Binary, FixedWidthsAreBigEndian) {
  binary_writer out;
  out.u8(0xAB);
  out.be32(0x01020304);
  out.be64(0x0102030405060708);
  const std::string bytes = out.take();
  EXPECT_EQ(bytes, (std::string{"\xAB\x01\x02\x03\x04\x01\x02\x03\x04\x05\x06\x07\x08", 13}));
  const test::guarded_bytes guarded{bytes};
  binary_reader in{guarded.view()};
  EXPECT_EQ(in.u8(), 0xAB);
  EXPECT_EQ(in.be32(), 0x01020304U);
  EXPECT_EQ(in.be64(), 0x0102030405060708U);
  EXPECT_TRUE(in.ended_well());
}

TEST(Binary, VarintsAtEveryWidth) {
  EXPECT_EQ(varint_bytes(0), (std::string{"\x00", 1}));
  EXPECT_EQ(varint_bytes(127), "\x7F");
  EXPECT_EQ(varint_bytes(128), "\x80\x01");
  EXPECT_EQ(varint_bytes(300), "\xAC\x02");
  EXPECT_EQ(varint_bytes(u64_max), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01");
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (const std::uint64_t value : {(std::uint64_t{1} << bits) - 1, std::uint64_t{1} << bits}) {
      EXPECT_EQ(read_varint(varint_bytes(value)), (one_varint{true, value}));
    }
  }
  EXPECT_EQ(read_varint(varint_bytes(u64_max)), (one_varint{true, u64_max}));
}

TEST(Binary, VarintThatDoesNotFitIsRefused) {
  EXPECT_EQ(read_varint("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"), failed) << "a 65th bit";
  EXPECT_EQ(read_varint("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x81\x01"), failed) << "an eleventh byte";
  EXPECT_EQ(read_varint(std::string(20, '\xFF')), failed);
  EXPECT_EQ(read_varint("\x80"), failed);
  EXPECT_EQ(read_varint(""), failed);
}

TEST(Binary, ValueHasOneForm) {
  EXPECT_EQ(read_varint(std::string_view{"\x80\x00", 2}), failed) << "0 in two bytes";
  EXPECT_EQ(read_varint(std::string_view{"\xFF\x00", 2}), failed) << "127 in two bytes";
  EXPECT_EQ(read_varint(std::string_view{"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10}), failed);
}

TEST(Binary, ValueAboveItsBoundIsRefusedNotCut) {
  EXPECT_EQ(read_varint(varint_bytes(10), 10), (one_varint{true, 10}));
  EXPECT_EQ(read_varint(varint_bytes(11), 10), failed);
  EXPECT_EQ(read_varint(varint_bytes(u64_max), 10), failed);
  binary_reader in{"\x03"};
  EXPECT_EQ(in.u8(2), 0);
  EXPECT_FALSE(in.ok());
  binary_writer out;
  out.optional_varint(11);
  const std::string bytes = out.take();
  binary_reader optional_in{bytes};
  EXPECT_EQ(optional_in.optional_varint(10), std::nullopt);
  EXPECT_FALSE(optional_in.ok());
}

TEST(Binary, OptionalsTellNothingFromZero) {
  for (const std::optional<std::uint64_t> value :
       {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{0}, std::optional<std::uint64_t>{127},
        std::optional<std::uint64_t>{u64_max - 1}}) {
    binary_writer out;
    out.optional_varint(value);
    const std::string bytes = out.take();
    const test::guarded_bytes guarded{bytes};
    binary_reader in{guarded.view()};
    EXPECT_EQ(in.optional_varint(), value);
    EXPECT_TRUE(in.ended_well());
  }
}

TEST(Binary, TextCarriesAnyBytes) {
  for (const std::string& value :
       {std::string{}, std::string{"a"}, std::string("\0\xFF\0", 3), std::string(1'000, 'x')}) {
    binary_writer out;
    out.text(value);
    const std::string bytes = out.take();
    const test::guarded_bytes guarded{bytes};
    binary_reader in{guarded.view()};
    EXPECT_EQ(in.text(), value);
    EXPECT_TRUE(in.ended_well());
  }
}

TEST(Binary, TextLongerThanWhatIsThereIsRefused) {
  for (const std::uint64_t size : {std::uint64_t{4}, std::uint64_t{1'000}, std::uint64_t{1} << 63U, u64_max}) {
    const test::guarded_bytes guarded{varint_bytes(size) + "abc"};
    binary_reader in{guarded.view()};
    EXPECT_EQ(in.text(), "");
    EXPECT_FALSE(in.ok());
  }
}

TEST(Binary, AfterAFailureEverythingIsZero) {
  binary_reader in{std::string_view{"\x01\x02\x03", 3}};
  EXPECT_EQ(in.be64(), 0U);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u8(), 0);
  EXPECT_EQ(in.be32(), 0U);
  EXPECT_EQ(in.varint(), 0U);
  EXPECT_EQ(in.text(), "");
  EXPECT_EQ(in.optional_varint(), std::nullopt);
  EXPECT_EQ(in.rest(), "");
  EXPECT_FALSE(in.ended_well());
}

TEST(Binary, LeftoversAreNotAGoodEnd) {
  binary_reader in{"\x01\x02"};
  EXPECT_EQ(in.u8(), 1);
  EXPECT_TRUE(in.ok());
  EXPECT_FALSE(in.ended_well());
  EXPECT_EQ(in.rest(), "\x02");
}

enum class kind { u8, be32, be64, varint, optional_varint, text };

TEST(Binary, RandomSequencesReadBackAndNoCutOneDoes) {
  test::seeded random{"Binary.RandomSequencesReadBackAndNoCutOneDoes"};
  for (int round = 0; round < 400; ++round) {
    struct value {
      kind what;
      std::uint64_t number;
      std::string text;
    };
    std::vector<value> values(static_cast<std::size_t>(random.between(1, 8)));
    binary_writer out;
    for (value& one : values) {
      one.what = static_cast<kind>(random.between(0, 5));
      one.number = random.number();
      switch (one.what) {
        case kind::u8: out.u8(static_cast<std::uint8_t>(one.number)); break;
        case kind::be32: out.be32(static_cast<std::uint32_t>(one.number)); break;
        case kind::be64: out.be64(one.number); break;
        case kind::varint: out.varint(one.number); break;
        case kind::optional_varint: out.optional_varint(one.number / 2); break;
        case kind::text: out.text(one.text = random.bytes(40)); break;
      }
    }
    const std::string bytes = out.take();
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const test::guarded_bytes guarded{std::string_view{bytes}.substr(0, size)};
      binary_reader in{guarded.view()};
      for (const value& one : values) {
        bool same = false;
        switch (one.what) {
          case kind::u8: same = in.u8() == static_cast<std::uint8_t>(one.number); break;
          case kind::be32: same = in.be32() == static_cast<std::uint32_t>(one.number); break;
          case kind::be64: same = in.be64() == one.number; break;
          case kind::varint: same = in.varint() == one.number; break;
          case kind::optional_varint: same = in.optional_varint() == one.number / 2; break;
          case kind::text: same = in.text() == one.text; break;
        }
        ASSERT_TRUE(same || !in.ok());
      }
      ASSERT_EQ(in.ended_well(), size == bytes.size()) << "round " << round << ", " << size << " bytes";
    }
  }
}

}  // namespace
}  // namespace wf::session
