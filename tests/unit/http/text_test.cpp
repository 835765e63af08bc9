// Small grammars: percent escapes, form fields, media types, parameters, dispositions, and what proxies say.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/guard_page.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/http/content_disposition.hpp"
#include "waveforge/http/form_urlencoded.hpp"
#include "waveforge/http/forwarded.hpp"
#include "waveforge/http/head_parser.hpp"
#include "waveforge/http/media_type.hpp"
#include "waveforge/http/parameters.hpp"
#include "waveforge/http/percent.hpp"

namespace wf::http {
namespace {

TEST(percent, decodes_strictly) {
  EXPECT_EQ(percent_decode("a%2Fb%c3%A4+"), "a/b\xc3\xa4+");
  EXPECT_EQ(percent_decode(""), "");
  for (const std::string_view text : {"%", "%2", "a%", "%g0", "%0g", "%%20", "%00", "a%0"})
    EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(percent, encodes_all_but_unreserved) {
  std::string out = "x";
  percent_encode("aZ9-._~ /%\xc3\xa4", out);
  EXPECT_EQ(out, "xaZ9-._~%20%2F%25%C3%A4");
}

TEST(percent, round_trips_every_byte_but_zero) {
  std::string all;
  for (unsigned value = 1; value < 256; ++value) all += static_cast<char>(static_cast<unsigned char>(value));
  std::string encoded;
  percent_encode(all, encoded);
  EXPECT_EQ(percent_decode(encoded), all);
}

TEST(form, reads_pairs_in_order) {
  const auto form = form_values::parse("a=1&&b=x+y%2B&c&=d&a=2&e==&");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->size(), 6U);
  EXPECT_EQ(form->find("a"), "1");
  EXPECT_EQ(form->find("b"), "x y+");
  EXPECT_EQ(form->find("c"), "");
  EXPECT_EQ(form->find(""), "d");
  EXPECT_EQ(form->find("e"), "=");
  EXPECT_EQ(form->find("A"), std::nullopt);
  EXPECT_EQ(*form->only("b"), "x y+");
  EXPECT_EQ(*form->only("z"), std::nullopt);
  EXPECT_EQ(form->only("a").error().code, errc::bad_request);
  EXPECT_EQ(form_values::parse("")->size(), 0U);
}

TEST(form, refuses_bad_escapes_and_too_much) {
  EXPECT_FALSE(form_values::parse("a=%"));
  EXPECT_FALSE(form_values::parse("%zz=1"));
  EXPECT_FALSE(form_values::parse("a=%00"));
  EXPECT_FALSE(form_values::parse(std::string_view{"a=b\0c", 5}));
  std::string many;
  for (std::uint32_t i = 0; i < limits::form_fields_max; ++i) many += "a=b&";
  EXPECT_TRUE(form_values::parse(many));
  EXPECT_FALSE(form_values::parse(many + "a"));
}

TEST(media_type, reads_type_and_parameters) {
  const auto type = media_type::parse("Multipart/Form-Data ; charset=utf-8;; Boundary=\"a\\\"b;\" ");
  ASSERT_TRUE(type);
  EXPECT_TRUE(type->is("multipart/form-data"));
  EXPECT_FALSE(type->is("multipart/form"));
  EXPECT_EQ(type->type(), "Multipart");
  EXPECT_EQ(type->parameter("boundary"), "a\"b;");
  EXPECT_EQ(type->parameter("CHARSET"), "utf-8");
  EXPECT_EQ(type->parameter("none"), std::nullopt);
  EXPECT_TRUE(media_type::parse(offset_octet_stream)->is(offset_octet_stream));
  EXPECT_TRUE(media_type::parse("audio/webm;codecs=opus")->is("audio/webm"));
}

TEST(media_type, refuses_other_shapes) {
  for (const std::string_view text : {"", "audio", "audio/", "/webm", "audio/we bm", "audio/webm;a",
                                      "audio/webm;a=", "audio/webm;=b", "audio/webm;a=\"b", "audio/webm;a=\"b\"c",
                                      "audio/webm, audio/ogg", "audio/webm;a=b c", "a/b/c", "audio/webm;a = b"}) {
    EXPECT_FALSE(media_type::parse(text)) << text;
  }
}

TEST(parameters, measure_quoted_strings) {
  EXPECT_EQ(quoted_string_length("\"\""), 2U);
  EXPECT_EQ(quoted_string_length("\"a\\\"b\"c"), 6U);
  for (const std::string_view text : {"", "a", "\"", "\"a", "\"a\\", "\"a\\\"", "\"\x01\""}) {
    const test::guarded_bytes guarded{text};
    EXPECT_EQ(quoted_string_length(guarded.view()), 0U) << text;
  }
  EXPECT_EQ(unquote("\"a\\\\b\\c\""), "a\\bc");
  EXPECT_EQ(unquote("token"), "token");
  EXPECT_EQ(unquote("\"open"), "\"open");
}

TEST(disposition, is_always_a_valid_field) {
  EXPECT_EQ(attachment_disposition("talk.webm", "x"), "attachment; filename=\"talk.webm\"");
  EXPECT_EQ(attachment_disposition("M\xc3\xbcller \"1\".webm", "x"),
            "attachment; filename=\"M_ller _1_.webm\"; filename*=UTF-8''M%C3%BCller%20%221%22.webm");
  EXPECT_EQ(attachment_disposition("../../etc/passwd", "x"), "attachment; filename=\"_.._etc_passwd\"");
  EXPECT_EQ(attachment_disposition("a\r\nSet-Cookie: b", "x"), "attachment; filename=\"aSet-Cookie: b\"");
  EXPECT_EQ(attachment_disposition("C:\\x", "x"), "attachment; filename=\"C:_x\"");
  EXPECT_EQ(attachment_disposition("", "recording.webm"), "attachment; filename=\"recording.webm\"");
  EXPECT_EQ(attachment_disposition("...", "recording"), "attachment; filename=\"recording\"");
  EXPECT_EQ(attachment_disposition("100%.webm", "x"),
            "attachment; filename=\"100_.webm\"; filename*=UTF-8''100%25.webm");
  EXPECT_EQ(attachment_disposition("a\xc2\x85"
                                   "b\xff",
                                   "x"),
            "attachment; filename=\"ab_\"; filename*=UTF-8''ab%EF%BF%BD");
  std::string every;
  for (unsigned value = 0; value < 256; ++value) every += static_cast<char>(static_cast<unsigned char>(value));
  for (const std::string& name :
       {every, every + every, std::string(300, 'a'), std::string(200, 'a') + "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"}) {
    const std::string field = attachment_disposition(name, "x");
    EXPECT_TRUE(is_field_value(field));
    EXPECT_LT(field.size(), 1200U);
  }
}

TEST(disposition, reads_what_browsers_send) {
  const auto part = parse_form_disposition("form-data; name=\"file\"; filename=\"M\xc3\xbcller %22a%22\\b.webm\"");
  ASSERT_TRUE(part);
  EXPECT_EQ(part->name, "file");
  EXPECT_EQ(part->file_name, "M\xc3\xbcller \"a\"\\b.webm");
  EXPECT_EQ(parse_form_disposition("Form-Data; Name=a")->name, "a");
  EXPECT_EQ(parse_form_disposition("form-data; name=a")->file_name, std::nullopt);
  EXPECT_EQ(parse_form_disposition("form-data; name=\"\"; filename=\"\"")->file_name, "");
  EXPECT_EQ(parse_form_disposition("form-data; name=\"a\\\"b\\\\c%0D%0A\"")->name, "a\"b\\c\r\n");
  EXPECT_EQ(parse_form_disposition("form-data; name=f; filename=plain; filename*=UTF-8''%e2%82%ac.webm")->file_name,
            "\xe2\x82\xac.webm");
  EXPECT_EQ(parse_form_disposition("form-data; filename*=utf-8'en'a; name=f")->file_name, "a");
}

TEST(disposition, refuses_other_shapes) {
  for (const std::string_view text :
       {"", "attachment; name=\"a\"", "form-data", "form-data; filename=\"a\"", "form-data; name=\"a\"; name=\"b\"",
        "form-data; name=\"a", "form-data name=a", "form-data; name=a; filename*=ISO-8859-1''a",
        "form-data; name=a; filename*=UTF-8'a", "form-data; name=a; filename*=UTF-8''%ff",
        "form-data; name=a; filename*=UTF-8''%0", "form-data; name = a"}) {
    EXPECT_FALSE(parse_form_disposition(text)) << text;
  }
}

forwarded_facts forwarded(std::string_view lines) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n" + std::string{lines} + "\r\n";
  head_parser parser;
  EXPECT_EQ(parser.parse(text), progress::done);
  return read_forwarded(parser.head().fields());
}

TEST(forwarded, believes_the_last_element) {
  const auto facts = forwarded(
      "Forwarded: for=1.2.3.4;proto=http, For=\"[2001:db8::1]:47\"; Proto=HTTPS;host=\"a.example:8443\";by=x\r\n");
  EXPECT_EQ(facts.proto, "https");
  EXPECT_EQ(facts.host, "a.example:8443");
  EXPECT_EQ(facts.peer, "2001:db8::1");
  EXPECT_EQ(forwarded("Forwarded: proto=https\r\nForwarded: proto=http\r\n").proto, "http");
  EXPECT_EQ(forwarded("Forwarded: proto=https, for=1.2.3.4\r\n").proto, std::nullopt);
  EXPECT_EQ(forwarded("Forwarded: for=\"a,b\";proto=https\r\n").proto, "https");
}

TEST(forwarded, reads_the_customary_fields) {
  const auto facts = forwarded(
      "X-Forwarded-Proto: http, https\r\nX-Forwarded-Host: evil, good.example\r\nX-Forwarded-For: 9.9.9.9, ::1\r\n");
  EXPECT_EQ(facts.proto, "https");
  EXPECT_EQ(facts.host, "good.example");
  EXPECT_EQ(facts.peer, "::1");
  EXPECT_EQ(forwarded("X-Forwarded-For: 1.2.3.4:567\r\n").peer, "1.2.3.4");
  EXPECT_EQ(forwarded("X-Forwarded-For: [::2]\r\n").peer, "::2");
}

TEST(forwarded, believes_neither_of_two_that_disagree) {
  EXPECT_EQ(forwarded("Forwarded: proto=https\r\nX-Forwarded-Proto: http\r\n").proto, std::nullopt);
  EXPECT_EQ(forwarded("Forwarded: proto=https\r\nX-Forwarded-Proto: https\r\n").proto, "https");
}

TEST(forwarded, says_nothing_when_it_is_malformed) {
  for (const std::string_view line :
       {"Forwarded: proto", "Forwarded: proto=https;", "Forwarded: =https", "Forwarded: proto=\"https",
        "Forwarded: proto=ftp", "Forwarded:", "Forwarded: for=\"x, proto=https;by=\"y", "X-Forwarded-Proto: wss",
        "X-Forwarded-Proto:", "X-Forwarded-Proto: https,http"}) {
    const auto facts = forwarded(std::string{line} + "\r\n");
    EXPECT_NE(facts.proto, line == "Forwarded: proto=https;" ? std::nullopt : std::optional<std::string>{"https"})
        << line;
  }
  for (const std::string_view peer : {"unknown", "_hidden", "a.b.c.d", "1.2.3.4:x", "[::1", "dead", "1.2.3.4 evil"}) {
    EXPECT_EQ(forwarded("X-Forwarded-For: " + std::string{peer} + "\r\n").peer, std::nullopt) << peer;
  }
  EXPECT_EQ(forwarded("X-Forwarded-Host: a/b\r\n").host, std::nullopt);
}

}  // namespace
}  // namespace wf::http
