#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "wfload/command_line.hpp"
#include "wfload/report.hpp"
#include "wfload/run.hpp"

namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

void on_signal(int) {
  // The second one ends the process at once.
  if (stop.exchange(true)) std::_Exit(130);
}

bool write_report(const std::string& where, const std::string& text) {
  if (where.empty()) return true;
  if (where == "-") {
    std::cout << text << std::flush;
    return true;
  }
  std::ofstream file{where};
  file << text;
  file.close();
  if (file) return true;
  fmt::print(stderr, "wfload: cannot write {}\n", where);
  return false;
}

}  // namespace

int main(int count, char** words) {
  int exit_code = 0;
  const auto how = wf::load::parse_command_line(count, words, exit_code);
  if (!how) return exit_code;
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);

  const auto what = wf::load::play(*how, stop);
  if (!what) {
    fmt::print(stderr, "wfload: {}\n", what.error().detail);
    return 1;
  }
  if (!how->quiet) fmt::print(stderr, "{}", wf::load::report_text(*how, *what));
  if (!write_report(how->json, wf::load::report_json(*how, *what))) return 1;
  return what->seen.failures == 0 ? 0 : 1;
}
