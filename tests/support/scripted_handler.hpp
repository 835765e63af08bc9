#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "waveforge/api/handler.hpp"
#include "waveforge/http/request_head.hpp"
#include "waveforge/io/notifier.hpp"

namespace wf::test {

/// What the handler saw of one request.
struct seen_request {
  std::string method{};
  std::string path{};
  std::string body{};
  std::string trailer{};           ///< of X-Sum
  std::optional<error> failure{};  ///< of the body
  std::uint64_t waited{0};         ///< what waiting for all of it came to
};

/// Says "a", "b", "c", and then nothing until it is asked to end.
class three_letters final : public api::stream_body {
 public:
  explicit three_letters(bool endless) : endless_(endless) {}
  io::task<std::string> next(io::deadline until) override {
    if (count_ < 3) co_return std::string(1, static_cast<char>('a' + count_++));
    if (!endless_) co_return std::string{};
    const std::int32_t why = co_await io::sleep_until(until);
    co_return why == -ECANCELED ? std::string{} : std::string{":\n"};
  }

 private:
  bool endless_;
  int count_{0};
};

/// Answers by path: /echo reads the body and sends it back, /whole first waits for all of it, /ignore does not read it,
/// /file, /static, /letters, /events, /silent, /none (204), /unchanged (304), /throw, /bad-field; anything else is 200
/// "hello".
class scripted_handler final : public api::handler {
 public:
  std::vector<seen_request> seen{};
  api::file_body file{};
  io::body_source* open_body{nullptr};  ///< of the /echo that is running

  void dress(const http::request_head& head, api::reply& answer) const override {
    answer.set("X-Dressed-For", std::string{head.path()});
  }

  io::task<api::reply> handle(const api::request& what) override {
    seen.push_back({std::string{what.head.verb_text()}, std::string{what.head.path()}, {}, {}, {}, 0});
    const std::string path = seen.back().path;
    if (path == "/whole") {
      auto there = co_await what.body.wait(what.body.remaining().value_or(1));
      seen.back().waited = there.value_or(0);
    }
    if (path == "/echo" || path == "/whole") co_return co_await echo(what, seen.size() - 1);
    api::reply answer;
    answer.set("Content-Type", "text/plain");
    if (path == "/ignore") {
      answer.status = 409;
      answer.body = std::string{"no"};
    } else if (path == "/file") {
      answer.body = file;
    } else if (path == "/static") {
      static constexpr std::string_view text{"for ever"};
      answer.body = api::static_body{std::as_bytes(std::span{text})};
    } else if (path == "/letters" || path == "/events") {
      answer.body = std::make_unique<three_letters>(path == "/events");
    } else if (path == "/silent") {
      answer.silent = true;
    } else if (path == "/none") {
      answer.status = 204;
    } else if (path == "/unchanged") {
      answer.status = 304;
    } else if (path == "/throw") {
      throw std::runtime_error{"thrown"};
    } else if (path == "/bad-field") {
      answer.set("X-Name", "a\r\nSet-Cookie: b");
    } else {
      answer.body = std::string{"hello"};
    }
    co_return answer;
  }

 private:
  io::task<api::reply> echo(const api::request& what, std::size_t number) {
    open_body = &what.body;
    auto piece = std::make_shared<std::string>(64, '\0');
    std::string text;
    std::optional<error> failure;
    while (!what.body.done()) {
      if (what.body.in_hand().empty()) {
        auto there = co_await what.body.wait(64);
        if (!there) {
          failure = there.error();
          break;
        }
      }
      auto got = co_await what.body.receive(std::as_writable_bytes(std::span{*piece}), piece);
      if (!got) {
        failure = got.error();
        break;
      }
      text.append(*piece, 0, *got);
    }
    open_body = nullptr;
    seen[number].body = text;
    seen[number].failure = failure;
    seen[number].trailer = what.body.trailer("x-sum").value_or("");
    api::reply answer;
    answer.silent = failure && failure->code != errc::bad_request;
    if (failure) answer.status = 400;
    answer.body = std::move(text);
    co_return answer;
  }
};

}  // namespace wf::test
