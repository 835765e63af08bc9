#include "wfctl/progress_bar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

constexpr std::size_t bar_columns = 24;

std::string bar(double part, bool glyphs) {
  const auto full = static_cast<std::size_t>(part * static_cast<double>(bar_columns));
  std::string out{"["};
  for (std::size_t at = 0; at < bar_columns; ++at) {
    if (at < full) {
      out += glyphs ? "█" : "#";
    } else {
      out += ' ';
    }
  }
  return out + "]";
}

}  // namespace

std::string progress_text(std::string_view doing, std::uint64_t done, std::uint64_t total, bool bytes,
                          std::chrono::milliseconds elapsed, const look& with) {
  const auto amount = [&](std::uint64_t count) { return bytes ? human_size(count) : human_count(count); };
  std::string out{doing};
  if (total == 0) {
    fmt::format_to(std::back_inserter(out), "  {}  {}", amount(done), human_duration(elapsed));
  } else {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    fmt::format_to(std::back_inserter(out), "  {} {:3.0f} %  {} of {}", bar(part, with.glyphs), part * 100,
                   amount(std::min(done, total)), amount(total));
    if (part > 0.01 && part < 1) {
      const double left_ms = static_cast<double>(elapsed.count()) * (1 - part) / part;
      const auto left = std::chrono::milliseconds{static_cast<std::int64_t>(left_ms) / 1000 * 1000};
      if (left >= std::chrono::seconds{1}) out += "  " + human_duration(left) + " left";
    }
  }
  return with.columns == 0 ? out : shortened(out, with.columns);
}

progress_bar::progress_bar(const console& to, std::string doing, std::uint64_t total, bool bytes)
    : doing_{std::move(doing)}, total_{total}, bytes_{bytes}, possible_{to.can_redraw()}, style_{to.style()} {}

progress_bar::~progress_bar() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void progress_bar::add(std::uint64_t more) {
  done_ += more;
  if (!possible_) return;
  const auto now = steady::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds{100};
  shown_ = true;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
  fmt::print(stderr, "\r\033[K{}", progress_text(doing_, done_, total_, bytes_, elapsed, style_));
  std::fflush(stderr);
}

}  // namespace wf::ctl
