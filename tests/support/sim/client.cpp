#include "support/sim/client.hpp"

#include <algorithm>
#include <charconv>

namespace wf::sim {

namespace {

/// Until the line has news for the client, or the time is over.
struct line_wait {
  world& in;
  link_ref line;
  span_of_time patience;
  line_wait(world& where, link_ref which, span_of_time how_long) noexcept
      : in(where), line(std::move(which)), patience(how_long) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waits) {
    auto woken = std::make_shared<bool>(false);
    line->client_news = [this, woken, waits] {
      if (std::exchange(*woken, true)) return;
      in.after(span_of_time{0}, [waits] { waits.resume(); });
    };
    in.after(patience, [woken, waits] {
      if (!std::exchange(*woken, true)) waits.resume();
    });
  }
  void await_resume() noexcept { line->client_news = {}; }
};

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::uint64_t to_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::string write_request(const question& what) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: sim\r\n", what.verb, what.target);
  for (const auto& [name, value] : what.fields) text += fmt::format("{}: {}\r\n", name, value);
  if (what.chunked) {
    text += "Transfer-Encoding: chunked\r\n\r\n";
    const std::size_t half = what.body.size() / 2;
    for (const std::string_view part :
         {std::string_view{what.body}.substr(0, half), std::string_view{what.body}.substr(half)}) {
      if (!part.empty()) text += fmt::format("{:x}\r\n{}\r\n", part.size(), part);
    }
    return text + "0\r\n\r\n";
  }
  if (!what.body.empty() || what.verb == "POST" || what.verb == "PATCH") {
    text += fmt::format("Content-Length: {}\r\n", what.body.size());
  }
  return text + "\r\n" + what.body;
}

/// Status and fields of a head that ends in an empty line.
bool read_head(std::string_view head, heard& into) {
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 12) return false;
  into.status = static_cast<int>(to_number(head.substr(9, 3), 10));
  into.fields.clear();
  std::size_t at = head.find("\r\n");
  while (at != head.npos && at + 2 < head.size()) {
    const std::size_t begin = at + 2;
    at = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, at == head.npos ? head.npos : at - begin);
    const std::size_t colon = line.find(':');
    if (line.empty()) break;
    if (colon == line.npos) return false;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    into.fields[lower(line.substr(0, colon))] = value;
  }
  return true;
}

}  // namespace

std::optional<std::uint64_t> heard::number(std::string_view field) const {
  const auto found = fields.find(field);
  if (found == fields.end()) return std::nullopt;
  return to_number(found->second, 10);
}

void client::hang_up(bool politely) {
  if (!line_) return;
  machine_.net.client_closes(line_, politely);
  line_.reset();
}

script<std::optional<heard>> client::ask(question what) {
  for (int sent = 0;; ++sent) {
    heard answer;
    const bool kept = line_ != nullptr;
    const attempt how = co_await exchange(what, answer);
    if (how == attempt::answered) co_return answer;
    const bool leaves = what.leaves_after.has_value();
    hang_up(!leaves || machine_.all.rng.coin());
    if (how != attempt::nothing_heard || !kept || leaves || sent > 0) co_return std::nullopt;
    machine_.all.fired(fault::request_repeated);
  }
}

script<client::attempt> client::exchange(const question& what, heard& into) {
  world& all = machine_.all;
  if (line_ && (line_->reset || line_->down_fin_seen)) hang_up(true);
  if (!line_) {
    line_ = machine_.net.connect();
    if (!line_) {
      co_await pause{all, all.some(200, 1'000)};
      co_return attempt::broken;
    }
  }
  heard_anything_ = false;
  std::string text = write_request(what);
  if (what.leaves_after) text.resize(std::min(text.size(), *what.leaves_after));
  // Browsers write as the body comes: the head, then pieces.
  std::size_t sent = 0;
  while (sent < text.size() && !line_->reset) {
    const std::size_t piece = all.rng.chance(600'000) ? text.size() - sent : all.rng.between(1, text.size() - sent);
    machine_.net.client_sends(line_, std::string_view{text}.substr(sent, piece));
    sent += piece;
    if (sent < text.size()) co_await pause{all, all.some(1, 3'000)};
  }
  if (what.leaves_after) {
    co_await pause{all, all.some(1, 5'000)};
    co_return attempt::broken;
  }
  const bool whole = co_await listen(what, into);
  if (whole) co_return attempt::answered;
  co_return heard_anything_ ? attempt::broken : attempt::nothing_heard;
}

script<bool> client::listen(const question& what, heard& into) {
  world& all = machine_.all;
  const steady_time until = all.now() + what.patience;
  for (;;) {
    const std::string_view text = line_->down_arrived.front(line_->down_arrived.size());
    heard_anything_ = heard_anything_ || !text.empty();
    if (const std::size_t end = text.find("\r\n\r\n"); end != text.npos) {
      const bool understood = read_head(text.substr(0, end + 2), into);
      if (!understood) {
        all.violate(fmt::format("an answer that is not HTTP: {}", text.substr(0, 80)));
        co_return false;
      }
      line_->down_arrived.drop(end + 4);
      if (into.status < 200) continue;
      const bool whole = co_await body_to(what, into, until);
      co_return whole;
    }
    if (line_->reset || line_->down_fin_seen) co_return false;
    if (all.now() >= until) {
      all.fired(fault::client_timed_out);
      heard_anything_ = true;  // nobody sends again by himself what took so long
      co_return false;
    }
    co_await line_wait{all, line_, until - all.now()};
  }
}

script<bool> client::body_to(const question& what, heard& into, steady_time until) {
  world& all = machine_.all;
  const bool bodiless = what.verb == "HEAD" || into.status == 204 || into.status == 304;
  const bool chunked = into.fields.contains("transfer-encoding");
  const std::uint64_t length = bodiless ? 0 : into.number("content-length").value_or(0);
  bool ended = bodiless || (!chunked && length == 0);
  while (!ended) {
    byte_queue& there = line_->down_arrived;
    if (chunked) {
      const std::string_view text = there.front(there.size());
      const std::size_t line = text.find("\r\n");
      const std::uint64_t size = line == text.npos ? 0 : to_number(text.substr(0, line), 16);
      if (line != text.npos && text.size() >= line + 4 + size) {
        into.body.append(text.substr(line + 2, static_cast<std::size_t>(size)));
        there.drop(line + 4 + static_cast<std::size_t>(size));
        ended = size == 0;
        continue;
      }
    } else {
      const std::size_t count =
          std::min<std::size_t>(there.size(), static_cast<std::size_t>(length) - into.body.size());
      into.body.append(there.front(count));
      there.drop(count);
      if (into.body.size() == length) break;
    }
    if (line_->reset || line_->down_fin_seen) co_return false;
    if (all.now() >= until) {
      all.fired(fault::client_timed_out);
      co_return false;
    }
    co_await line_wait{all, line_, until - all.now()};
  }
  const auto connection = into.fields.find("connection");
  if (connection != into.fields.end() && connection->second == "close") hang_up(true);
  co_return true;
}

}  // namespace wf::sim
