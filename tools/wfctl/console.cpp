#include "wfctl/console.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "waveforge/base/json_writer.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// POSIX: the first of these that is set and not empty decides.
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (!value.empty()) return value.find("UTF-8") != value.npos || value.find("utf8") != value.npos;
  }
  return false;
}

std::size_t terminal_columns(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 0;
}

}  // namespace

console::console(bool json) : json_{json}, can_redraw_{::isatty(STDERR_FILENO) == 1 && environment("TERM") != "dumb"} {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  style_.glyphs = speaks_utf8();
  style_.colour = terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb";
  style_.columns = terminal ? terminal_columns(STDOUT_FILENO) : 0;
}

utc_time console::now() const noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void console::print(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void console::note(std::string_view text) const {
  fmt::print(stderr, "{}\n", text);
}

bool console::printed_all() const noexcept {
  return std::ferror(stdout) == 0;
}

void console::refuse_one(const error& why) const {
  note(fmt::format("wfctl: {}", printable(why.detail)));
}

void console::refuse(const error& why) const {
  refuse_one(why);
  if (!json_) return;
  std::string out;
  json_writer{out}
      .begin_object()
      .key("error")
      .begin_object()
      .key("code")
      .value(name_of(why.code))
      .key("detail")
      .value(why.detail)
      .end_object()
      .end_object();
  print(out + "\n");
}

}  // namespace wf::ctl
