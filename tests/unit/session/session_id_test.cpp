// An id that parses is safe as a directory name and as a part of a key, and one recording has one spelling.
#include "waveforge/session/session_id.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <unordered_set>

#include "support/guard_page.hpp"
#include "support/seeded.hpp"

namespace wf::session {
namespace {

constexpr std::string_view a_uuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

bool parses(std::string_view text, id_format format) {
  const test::guarded_bytes guarded{text};
  const auto id = session_id::parse(guarded.view(), format);
  if (id) return true;
  EXPECT_EQ(id.error().code, errc::bad_request);
  EXPECT_FALSE(id.error().detail.empty());
  return false;
}

/// What no form of id may let through: ways out of the directory, names of our own, and bytes that end or hide a path.
constexpr std::array<std::string_view, 24> hostile{
    std::string_view{""},
    ".",
    "..",
    "../x",
    "..%2f",
    "a/b",
    "/",
    "\\",
    "a\\b",
    ".facts",
    ".lock",
    ".tus",
    "a.b",
    "a b",
    " a",
    "a\n",
    "a\r",
    std::string_view{"a\0b", 3},
    std::string_view{"\0", 1},
    "\xc3\xa9",
    "\xff",
    "a:b",
    "~",
    "a%00",
};

TEST(SessionId, UuidOfAnyVersionAndCaseBecomesLowerCase) {
  for (const std::string_view text : {a_uuid, std::string_view{"0F8FAD5B-D9CB-469F-A165-70867728950E"},
                                      std::string_view{"0f8FAD5b-d9cB-469f-A165-70867728950E"}}) {
    for (const id_format format : {id_format::uuid, id_format::token}) {
      const auto id = session_id::parse(text, format);
      ASSERT_TRUE(id);
      EXPECT_EQ(id->text(), a_uuid);
      EXPECT_EQ(id->space(), id_space::recording);
      EXPECT_FALSE(id->empty());
    }
  }
  EXPECT_TRUE(parses("00000000-0000-0000-0000-000000000000", id_format::uuid));
  EXPECT_TRUE(parses("ffffffff-ffff-ffff-ffff-ffffffffffff", id_format::uuid));
  EXPECT_TRUE(parses("018f3f2e-7b1a-7c00-8000-000000000001", id_format::uuid)) << "version 7";
}

TEST(SessionId, UuidFormTakesNothingElse) {
  for (const std::string_view text : hostile) EXPECT_FALSE(parses(text, id_format::uuid)) << text;
  const std::string uuid{a_uuid};
  EXPECT_FALSE(parses(uuid + "0", id_format::uuid));
  EXPECT_FALSE(parses(uuid.substr(1), id_format::uuid));
  EXPECT_FALSE(parses("{" + uuid + "}", id_format::uuid));
  EXPECT_FALSE(parses("urn:uuid:" + uuid, id_format::uuid));
  EXPECT_FALSE(parses("0f8fad5bd9cb469fa16570867728950e", id_format::uuid));
  EXPECT_FALSE(parses("session_123", id_format::uuid));
  EXPECT_FALSE(parses("0f8fad5b-d9cb-469f-a165-70867728950g", id_format::uuid));
  EXPECT_FALSE(parses("0f8fad5b_d9cb_469f_a165_70867728950e", id_format::uuid));
  EXPECT_FALSE(parses("0f8fad5-bd9cb-469f-a165-70867728950e", id_format::uuid));
}

TEST(SessionId, EachByteOfAUuidIsLookedAt) {
  for (std::size_t at = 0; at < a_uuid.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      const char c = static_cast<char>(byte);
      std::string text{a_uuid};
      text[at] = c;
      const bool dash_place = at == 8 || at == 13 || at == 18 || at == 23;
      const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      EXPECT_EQ(session_id::parse(text, id_format::uuid).has_value(), dash_place ? c == '-' : hex)
          << "byte " << byte << " at " << at;
    }
  }
}

TEST(SessionId, TokenFormTakesItsAlphabetUpToItsLength) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool allowed =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    EXPECT_EQ(parses(std::string{"x"} + c, id_format::token), allowed) << byte;
  }
  for (const std::string_view text : hostile) EXPECT_FALSE(parses(text, id_format::token)) << text;
  EXPECT_TRUE(parses("session_123", id_format::token));
  EXPECT_TRUE(parses("-", id_format::token));
  EXPECT_TRUE(parses(std::string(64, 'a'), id_format::token));
  EXPECT_FALSE(parses(std::string(65, 'a'), id_format::token));
  EXPECT_FALSE(parses(std::string(300, 'a'), id_format::token)) << "the length must not be cut to a byte";
}

TEST(SessionId, TokensKeepTheirCase) {
  const auto upper = session_id::parse("Session", id_format::token);
  const auto lower = session_id::parse("session", id_format::token);
  ASSERT_TRUE(upper && lower);
  EXPECT_EQ(upper->text(), "Session");
  EXPECT_NE(*upper, *lower);
}

TEST(SessionId, RefusalSaysWhatAnIdLooksLike) {
  EXPECT_NE(session_id::parse("x y", id_format::uuid).error().detail.find("8-4-4-4-12"), std::string::npos);
  EXPECT_NE(session_id::parse("x y", id_format::token).error().detail.find("64"), std::string::npos);
}

TEST(SessionId, UploadIdsAreThirtyTwoLowerCaseDigits) {
  std::array<std::byte, 16> random{};
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::byte>(i * 17);
  const session_id made = session_id::make_upload(random);
  EXPECT_EQ(made.text(), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(made.space(), id_space::upload);
  const auto parsed = session_id::parse_upload(made.text());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, made);

  for (const std::string_view text :
       {std::string_view{"00112233445566778899AABBCCDDEEFF"}, std::string_view{"00112233445566778899aabbccddeef"},
        std::string_view{"00112233445566778899aabbccddeeff0"}, std::string_view{"00112233445566778899aabbccddeefg"}}) {
    const auto refused = session_id::parse_upload(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, errc::not_found) << "an id the server never made names nothing";
  }
  for (const std::string_view text : hostile) EXPECT_FALSE(session_id::parse_upload(text)) << text;
}

TEST(SessionId, TheSameTextInTwoSpacesNamesTwoSessions) {
  const std::string text(32, 'a');
  const auto upload = session_id::parse_upload(text);
  const auto recording = session_id::parse(text, id_format::token);
  ASSERT_TRUE(upload && recording);
  EXPECT_NE(*upload, *recording);
  EXPECT_EQ(std::unordered_set<session_id>({*upload, *recording, *upload}).size(), 2U);
  EXPECT_TRUE(*upload < *recording || *recording < *upload);
}

TEST(SessionId, StoredTextIsReadBackAndStrangersAreDamage) {
  for (const id_space space : {id_space::recording, id_space::upload}) {
    const auto id = session_id::from_stored(space, "abc_DEF-9");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->text(), "abc_DEF-9");
    EXPECT_EQ(id->space(), space);
    for (const std::string_view text : hostile) {
      const auto refused = session_id::from_stored(space, text);
      ASSERT_FALSE(refused) << text;
      EXPECT_EQ(refused.error().code, errc::damaged);
    }
    EXPECT_FALSE(session_id::from_stored(space, std::string(65, 'a')));
  }
}

TEST(SessionId, IsASmallValue) {
  static_assert(sizeof(session_id) == 66);
  static_assert(std::is_trivially_copyable_v<session_id>);
  EXPECT_TRUE(session_id{}.empty());
}

TEST(SessionId, RandomBytesNeverBecomeAnUnsafeName) {
  test::seeded random{"SessionId.RandomBytesNeverBecomeAnUnsafeName"};
  constexpr std::string_view safe = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = random.bytes(70);
    // Mostly from the alphabet, so that some of them do parse.
    for (char& c : text) {
      if (!random.one_in(40)) c = safe[static_cast<std::size_t>(random.between(0, safe.size() - 1))];
    }
    for (const id_format format : {id_format::uuid, id_format::token}) {
      const auto id = session_id::parse(text, format);
      if (!id) continue;
      EXPECT_EQ(id->text().size(), text.size());
      EXPECT_EQ(id->text().find_first_not_of(safe), std::string_view::npos);
      EXPECT_EQ(session_id::from_stored(id_space::recording, id->text()), *id);
    }
  }
}

}  // namespace
}  // namespace wf::session
