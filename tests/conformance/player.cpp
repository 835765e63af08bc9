#include "conformance/player.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <stdexcept>
#include <thread>

#include "conformance/placeholders.hpp"
#include "wfload/session_name.hpp"

namespace wf::test::conformance {
namespace {

using namespace std::chrono_literals;

// So that the server sees the first part alone: its bytes are acknowledged, and its thread has had time to run.
constexpr auto part_pause = 60us;
constexpr std::size_t body_bytes_cut = 64;
constexpr std::chrono::milliseconds answer_patience{20'000};

std::size_t sending_under_test(const test_case& what) {
  std::size_t last = what.steps.size();
  for (std::size_t at = 0; at < what.steps.size(); ++at) {
    if (!what.steps[at].send) continue;
    if (what.steps[at].send->under_test) return at;
    last = at;
  }
  return last;
}

bool found(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex{pattern});
}

std::string excerpt(const answer& got) {
  std::string out = fmt::format("answer: {}\n", got.status);
  for (const auto& [name, value] : got.fields) out += fmt::format("  {}: {}\n", name, value);
  return out + got.body.substr(0, 600);
}

bool has_field(const std::string& request, const std::string& name) {
  const std::size_t end = std::min(request.find("\r\n\r\n"), request.size());
  return found(request.substr(0, end), "\r\n" + name + ":");
}

}  // namespace

player::player(std::uint16_t port, std::uint64_t play_number, cutting cut) : port_{port}, cut_{cut} {
  variables_["host"] = fmt::format("127.0.0.1:{}", port);
  variables_["port"] = std::to_string(port);
  variables_["sid"] = load::session_name(0xc0f, 2 * play_number);
  variables_["sid2"] = load::session_name(0xc0f, 2 * play_number + 1);
}

player::link& player::on(const std::string& name) {
  link& one = links_[name];
  if (!one.socket || one.closing) {
    one = link{};
    one.socket = std::make_unique<raw_client>(port_);
  }
  return one;
}

std::size_t player::cut_positions(const test_case& what, const std::map<std::string, std::string>& of) {
  const std::size_t at = sending_under_test(what);
  if (at == what.steps.size()) return 0;
  // Captured variables are not known yet; their length does not matter for where the head may be cut.
  std::string bytes = what.steps[at].send->bytes;
  try {
    bytes = expand(bytes, of);
  } catch (const std::runtime_error&) {
    bytes += std::string(16, ' ');
  }
  const std::size_t head = bytes.find("\r\n\r\n");
  return head == std::string::npos ? std::min<std::size_t>(bytes.size(), 512)
                                   : std::min(bytes.size(), head + 4 + body_bytes_cut);
}

std::string player::play(const document& of, const test_case& what) {
  const std::size_t under_test = sending_under_test(what);
  std::size_t line = what.line;
  const auto take = [&](const step& one, bool cut) {
    line = one.line;
    if (one.send) queue(*one.send, cut);
    if (one.expect) meet(*one.expect);
    if (one.act) act(*one.act);
  };
  try {
    for (const step& one : of.opening) take(one, false);
    for (std::size_t now = 0; now < what.steps.size(); ++now) take(what.steps[now], now == under_test);
    for (auto& [name, one] : links_) flush(one);
    return {};
  } catch (const std::exception& failure) {
    return fmt::format("{}:{}: {}", of.path.string(), line, failure.what());
  }
}

void player::queue(const sending& what, bool under_test) {
  current_ = what.connection;
  link& one = on(what.connection);
  const std::string bytes = expand(what.bytes, variables_);
  const std::size_t space = bytes.find(' ');
  const bool a_request = space != std::string::npos && space > 0 &&
                         std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(space),
                                     [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
  if (a_request) {
    one.methods.push_back(bytes.substr(0, space));
    one.tus.push_back(has_field(bytes, "Tus-Resumable") && one.methods.back() != "OPTIONS" &&
                      !has_field(bytes, "X-HTTP-Method-Override"));
    one.last = bytes;
  }
  if (cut_.how == cutting::kind::in_two && under_test) {
    for (auto& [name, other] : links_) flush(other);  // what is to come before it
    send_cut(one, bytes);
  } else {
    one.unsent += bytes;
  }
}

void player::send_cut(link& on, const std::string& bytes) {
  const std::size_t at = std::min(cut_.at, bytes.size());
  on.socket->send(std::string_view{bytes}.substr(0, at));
  std::this_thread::sleep_for(part_pause);
  (void)on.socket->try_send(std::as_bytes(std::span{bytes}.subspan(at)));
}

void player::flush(link& on) {
  if (on.unsent.empty()) return;
  const std::string bytes = std::exchange(on.unsent, {});
  std::size_t sent = 0;
  if (cut_.how == cutting::kind::byte_by_byte) {
    const std::size_t singly = std::min<std::size_t>(bytes.size(), 1024);
    while (sent < singly && on.socket->try_send(std::as_bytes(std::span{bytes}.subspan(sent, 1)))) {
      ++sent;
      std::this_thread::sleep_for(part_pause / 3);
    }
  }
  // The server may have answered and closed before all of it: the answer decides.
  (void)on.socket->try_send(std::as_bytes(std::span{bytes}.subspan(sent)));
}

void player::meet(const expectation& what) {
  const std::string name = what.connection.empty() ? current_ : what.connection;
  for (auto& [other, one] : links_) flush(one);
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{what.within_ms};
  for (;;) {
    link& one = links_[name];
    if (!one.socket) throw std::runtime_error{"an answer is expected where nothing was sent"};
    if (what.statuses.empty()) {
      if (one.socket->readable_within(answer_patience) && one.socket->closed_within(answer_patience)) {
        one.closing = true;
        return;
      }
      throw std::runtime_error{"the connection stays open"};
    }
    if (what.interim) {
      const answer got = one.socket->receive_interim(answer_patience);
      if (std::find(what.statuses.begin(), what.statuses.end(), got.status) != what.statuses.end()) return;
      throw std::runtime_error{"another interim answer: " + excerpt(got)};
    }
    const bool to_head = what.to_head || (!one.methods.empty() && one.methods.front() == "HEAD");
    const bool with_tus = !one.tus.empty() && one.tus.front();
    const answer got = one.socket->receive(to_head, answer_patience);
    if (!one.methods.empty()) {
      one.methods.erase(one.methods.begin());
      one.tus.erase(one.tus.begin());
    }
    one.closing = got.closes;
    const std::string wrong = differs(what, got, to_head, with_tus);
    if (wrong.empty()) return;
    if (std::chrono::steady_clock::now() >= until) throw std::runtime_error{wrong + "\n" + excerpt(got)};
    std::this_thread::sleep_for(2ms);
    const std::string again = one.last;
    link& fresh = on(name);
    fresh.last = again;
    fresh.methods.push_back(again.substr(0, again.find(' ')));
    fresh.tus.push_back(with_tus);
    fresh.socket->send(again);
  }
}

std::string player::differs(const expectation& what, const answer& got, bool to_head, bool with_tus) {
  if (std::find(what.statuses.begin(), what.statuses.end(), got.status) == what.statuses.end()) {
    return fmt::format("status {} instead of {}", got.status, what.statuses.front());
  }
  if (what.closes && *what.closes != got.closes) {
    return got.closes ? "the connection ends with this answer" : "the connection stays open after this answer";
  }
  if (what.interims && *what.interims != got.interim) return fmt::format("{} interim answers", got.interim);
  if (!got.field("Date")) return "no Date";
  if (with_tus && got.field("Tus-Resumable") != "1.0.0") return "no Tus-Resumable: 1.0.0";
  if (got.status >= 400 && !to_head) {
    if (got.field("Content-Type") != "application/problem+json") return "an error that is no problem document";
    for (const char* member : {"type", "title", "detail"}) {
      if (!found(got.body, fmt::format("\"{}\":\"[^\"]+\"", member))) {
        return fmt::format("a problem document without {}", member);
      }
    }
    if (!found(got.body, fmt::format("\"status\":{}[,}}]", got.status)))
      return "another status in the problem document";
  }
  if ((to_head || got.status == 204 || got.status == 304) && !got.body.empty()) return "a body where none may be";
  std::string wrong = differs_in_fields(what, got);
  return wrong.empty() ? differs_in_body(what, got) : wrong;
}

std::string player::differs_in_fields(const expectation& what, const answer& got) {
  for (const field_rule& rule : what.fields) {
    const auto value = got.field(rule.name);
    if (rule.how == field_rule::kind::absent) {
      if (value) return fmt::format("{} must be absent, it is \"{}\"", rule.name, *value);
      continue;
    }
    if (!value) return fmt::format("no {}", rule.name);
    if (rule.how == field_rule::kind::captured) {
      variables_[rule.value] = *value;
      continue;
    }
    const std::string wanted = expand(rule.value, variables_);
    const bool good = rule.how == field_rule::kind::equals ? *value == wanted : found(*value, wanted);
    if (!good) return fmt::format("{} is \"{}\", not \"{}\"", rule.name, *value, wanted);
  }
  return {};
}

std::string player::differs_in_body(const expectation& what, const answer& got) const {
  for (const body_rule& rule : what.body) {
    const std::string wanted = expand(rule.text, variables_);
    switch (rule.how) {
      case body_rule::kind::equals:
        if (got.body != wanted) return fmt::format("the body is not \"{}\"", wanted.substr(0, 200));
        break;
      case body_rule::kind::contains:
        if (!found(got.body, wanted)) return fmt::format("the body lacks \"{}\"", wanted);
        break;
      case body_rule::kind::lacks:
        if (found(got.body, wanted)) return fmt::format("the body has \"{}\"", wanted);
        break;
      case body_rule::kind::empty:
        if (!got.body.empty()) return "the body is not empty";
        break;
    }
  }
  return {};
}

void player::act(const action& what) {
  for (auto& [name, one] : links_) flush(one);
  if (what.verb == "wait" && what.words.size() == 1) {
    std::this_thread::sleep_for(std::chrono::milliseconds{std::stoi(what.words[0])});
    return;
  }
  if (what.words.empty()) throw std::runtime_error{"\"" + what.verb + "\" needs a connection"};
  link& one = links_[what.words[0]];
  if (!one.socket) throw std::runtime_error{"no such connection: " + what.words[0]};
  if (what.verb == "abort") {
    one.socket->abort();
    one = link{};
  } else if (what.verb == "shutdown") {
    one.socket->shut_down_sending();
  } else if (what.verb == "silent") {
    const auto patience = std::chrono::milliseconds{what.words.size() > 1 ? std::stoi(what.words[1]) : 50};
    if (one.socket->readable_within(patience)) throw std::runtime_error{"the server says something too early"};
  } else if (what.verb == "answers") {
    if (!one.socket->readable_within(answer_patience)) throw std::runtime_error{"the server does not begin to answer"};
  } else {
    throw std::runtime_error{"unknown action: " + what.verb};
  }
}

}  // namespace wf::test::conformance
