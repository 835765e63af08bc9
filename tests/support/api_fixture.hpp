#pragma once

#include <gtest/gtest.h>

#include <unistd.h>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "support/memory_body.hpp"
#include "support/memory_store.hpp"
#include "support/virtual_ring.hpp"
#include "waveforge/api/router.hpp"
#include "waveforge/http/head_parser.hpp"

namespace wf::test {

/// Counts up: ids are different and the same in every run.
class counting_random final : public random_source {
 public:
  void fill(std::span<std::byte> out) noexcept override {
    for (std::byte& each : out) each = std::byte{0};
    out.back() = std::byte{++count_};
  }

 private:
  std::uint8_t count_{0};
};

/// An answer as a test looks at it.
struct answer {
  api::reply got{};
  std::string body{};

  [[nodiscard]] unsigned status() const noexcept { return got.status; }
  /// First field of this name; "(none)" without one, so that a failed expectation says so.
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [key, value] : got.fields) {
      if (http::equals_ignoring_case(key, name)) return value;
    }
    return "(none)";
  }
  [[nodiscard]] bool has(std::string_view name) const { return field(name) != "(none)"; }
  [[nodiscard]] bool says(std::string_view text) const { return body.find(text) != std::string::npos; }
};

/// The router over the model store in virtual time; requests are written as text.
class api_fixture : public ::testing::Test {
 public:
  static constexpr const char* sid = "0b5f1d0e-8f3c-4e0a-9d43-2f6f1c7b8a90";
  static constexpr const char* tus_line = "Tus-Resumable: 1.0.0\r\n";
  static constexpr const char* offset_type = "Content-Type: application/offset+octet-stream\r\n";

  virtual_worker here{};
  memory_store data{here.time};
  api::options set{};
  null_logger log{};
  counting_random random{};
  io::peer_address peer{.text = "127.0.0.1:5000", .bytes = {}, .loopback = true};
  bool tls{false};

  [[nodiscard]] api::router& router() {
    if (router_ == nullptr) {
      router_ = std::make_unique<api::router>(api::services{.data = data,
                                                            .set = set,
                                                            .time = here.time,
                                                            .random = random,
                                                            .log = log,
                                                            .numbers = numbers,
                                                            .pages = pages,
                                                            .draining = draining});
    }
    return *router_;
  }
  const exposition* numbers{nullptr};
  api::page_lookup pages{};
  const std::atomic<bool>* draining{nullptr};

  /// "METHOD target", further field lines (each with its CRLF), and a body.
  answer ask(std::string_view line, std::string_view fields = {}, std::string body = {}) {
    if (!body.empty())
      return ask_with(line, std::string{fields} + "Content-Length: " + std::to_string(body.size()) + "\r\n",
                      memory_body::shape{}, std::move(body));
    return ask_with(line, fields, memory_body::shape{}, {});
  }
  answer ask_chunked(std::string_view line, std::string_view fields, std::string body, memory_body::shape how = {}) {
    how.chunked = true;
    return ask_with(line, std::string{fields} + "Transfer-Encoding: chunked\r\n", how, std::move(body));
  }
  answer ask_with(std::string_view line, std::string_view fields, memory_body::shape how, std::string body) {
    memory_body source{std::move(body), how};
    return ask_body(line, fields, source);
  }
  answer ask_body(std::string_view line, std::string_view fields, memory_body& source) {
    in_flight asked = begin(line, fields, source);
    return finish(asked);
  }

  /// A request that is not waited for: other requests may be asked meanwhile.
  struct in_flight {
    std::unique_ptr<std::string> text{};
    std::unique_ptr<http::head_parser> parser{};
    std::unique_ptr<api::request> what{};
    std::shared_ptr<std::optional<api::reply>> ended{};
  };
  in_flight begin(std::string_view line, std::string_view fields, memory_body& source) {
    in_flight asked;
    asked.text =
        std::make_unique<std::string>(std::string{line} + " HTTP/1.1\r\nHost: here\r\n" + std::string{fields} + "\r\n");
    asked.parser = std::make_unique<http::head_parser>();
    EXPECT_EQ(asked.parser->parse(*asked.text), http::progress::done) << asked.parser->why().detail;
    asked.what = std::make_unique<api::request>(api::request{asked.parser->head(), here.on, peer, tls, source});
    asked.ended = here.begin(router().handle(*asked.what));
    here.settle();
    return asked;
  }
  answer finish(in_flight& asked) {
    answer out;
    out.got = here.finish(asked.ended);
    if (auto* text = std::get_if<std::string>(&out.got.body)) out.body = *text;
    if (auto* memory = std::get_if<api::static_body>(&out.got.body)) {
      out.body.assign(reinterpret_cast<const char*>(memory->bytes.data()), memory->bytes.size());
    }
    if (auto* file = std::get_if<api::file_body>(&out.got.body)) {
      out.body.resize(static_cast<std::size_t>(file->length_bytes));
      const auto got =
          ::pread(file->file->number(), out.body.data(), out.body.size(), static_cast<off_t>(file->offset_bytes));
      EXPECT_EQ(got, static_cast<ssize_t>(out.body.size()));
    }
    return out;
  }

  [[nodiscard]] static session::session_id id_of(std::string_view text = sid) {
    return session::session_id::parse(text, session::id_format::token).value();
  }
  [[nodiscard]] static std::string in_session(std::string_view rest) {
    return "/files/" + std::string{sid} + std::string{rest};
  }
  [[nodiscard]] static std::string base64(std::string_view text) {
    constexpr std::string_view alphabet{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"};
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 3) {
      std::uint32_t bits = 0;
      for (std::size_t i = 0; i < 3; ++i) {
        bits = bits << 8U | (at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U);
      }
      for (std::size_t i = 0; i < 4; ++i) {
        out += at + i > text.size() ? '=' : alphabet[(bits >> (18 - 6 * i)) & 63U];
      }
    }
    return out;
  }
  /// "Upload-Metadata: …" of key and value pairs.
  [[nodiscard]] static std::string metadata(
      std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
    std::string line{"Upload-Metadata: "};
    for (const auto& [key, value] : pairs) {
      if (line.back() != ' ') line += ',';
      line.append(key).append(" ").append(base64(value));
    }
    return line + "\r\n";
  }

  /// Creates chunk `index` of `length` bytes; `more`: further field lines.
  answer create(std::string_view index, std::uint64_t length, std::string_view more = {}) {
    return ask("POST " + in_session("/chunks/"), std::string{tus_line} + "Upload-Length: " + std::to_string(length) +
                                                     "\r\n" + metadata({{"chunkIndex", index}}) + std::string{more});
  }
  answer patch(std::string_view index, std::uint64_t offset, std::string body, std::string_view more = {}) {
    return ask(
        "PATCH " + in_session("/chunks/") + std::string{index},
        std::string{tus_line} + offset_type + "Upload-Offset: " + std::to_string(offset) + "\r\n" + std::string{more},
        std::move(body));
  }
  answer head(std::string_view index) { return ask("HEAD " + in_session("/chunks/") + std::string{index}, tus_line); }

 private:
  std::unique_ptr<api::router> router_{};
};

}  // namespace wf::test
