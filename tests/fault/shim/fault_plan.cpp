#include "fault_plan.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <cstdio>
#include <cstdlib>

namespace wf::fault {

namespace {

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

/// A rule that cannot be read would silently test nothing.
[[noreturn]] void refuse(std::string_view text) {
  std::fprintf(stderr, "WF_FAULT: cannot read the rule %.*s\n", static_cast<int>(text.size()), text.data());
  std::_Exit(64);
}

template <typename Number>
Number number_of(std::string_view text, std::string_view rule) {
  Number out{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failure != std::errc{} || end != text.data() + text.size()) refuse(rule);
  return out;
}

}  // namespace

plan& plan::here() {
  static plan* const only = new plan;  // the process may be in the middle of anything when it ends
  return *only;
}

plan::plan() {
  if (const auto root = variable("WF_FAULT_ROOT"); !root.empty()) root_ = root;
  while_ = variable("WF_FAULT_WHILE");
  if (const std::string trace{variable("WF_FAULT_TRACE")}; !trace.empty()) {
    trace_fd_ = ::open(trace.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }
  std::string_view rest = variable("WF_FAULT");
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    add(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
}

void plan::add(std::string_view text) {
  const std::size_t at = text.rfind('@');
  const std::size_t equals = text.rfind('=');
  if (at == std::string_view::npos || equals == std::string_view::npos || equals < at) refuse(text);
  auto made = new rule;
  std::string_view what = text.substr(0, at);
  if (const std::size_t part = what.find('~'); part != std::string_view::npos) {
    made->part = what.substr(part + 1);
    what = what.substr(0, part);
  }
  made->op = what;
  std::string_view count = text.substr(at + 1, equals - at - 1);
  if (count.ends_with('+')) {
    made->onward = true;
    count.remove_suffix(1);
  }
  made->nth = number_of<std::uint64_t>(count, text);
  const std::string_view action = text.substr(equals + 1);
  if (action != "kill") made->failure = number_of<int>(action, text);
  rules_.push_back(made);
}

int plan::judge(std::string_view op, std::string_view path) {
  if (!path.starts_with(root_)) return 0;
  if (trace_fd_ >= 0) {
    std::string line{op};
    line.append(" ").append(path).append("\n");
    (void)::syscall(SYS_write, trace_fd_, line.data(), line.size());
  }
  for (rule* one : rules_) {
    if (one->op != "any" && one->op != op) continue;
    if (!one->part.empty() && path.find(one->part) == std::string_view::npos) continue;
    if (!while_.empty() && ::access(while_.c_str(), F_OK) != 0) continue;
    const std::uint64_t now = one->seen.fetch_add(1) + 1;
    if (now != one->nth && !(one->onward && now > one->nth)) continue;
    if (one->failure != 0) return one->failure;
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();  // the signal may reach another thread first
  }
  return 0;
}

int plan::judge(std::string_view op, int fd, const char* name) {
  if (idle()) return 0;
  if (name != nullptr && name[0] == '/') return judge(op, std::string_view{name});
  std::array<char, 32> link{};
  std::array<char, PATH_MAX> path{};
  if (fd == AT_FDCWD) {
    if (::getcwd(path.data(), path.size()) == nullptr) return 0;
  } else {
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
    if (::readlink(link.data(), path.data(), path.size() - 1) < 0) return 0;
  }
  std::string whole{path.data()};
  if (name != nullptr) whole.append("/").append(name);
  return judge(op, std::string_view{whole});
}

}  // namespace wf::fault
