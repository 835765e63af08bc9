#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "waveforge/server/command_line.hpp"
#include "waveforge/server/server.hpp"
#include "waveforge/server/signals.hpp"

namespace {

/// Whoever runs a server looks at the first line of standard error; the exit status says that starting again will not
/// help before something was changed.
int refuse(std::string_view why) {
  fmt::print(stderr, "{}\n", why);
  return 2;
}

int serve(const wf::server::options& set, wf::server::signals& asked_to) {
  auto running = wf::server::server::start(set);
  if (!running) return refuse("waveforge: " + running.error().detail);
  for (const std::string& address : (*running)->addresses()) fmt::print("listening on {}\n", address);
  std::fflush(stdout);
  static_cast<void>(asked_to.wait_for_stop());
  (*running)->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using wf::server::command;
  try {
    wf::server::signals asked_to;  // before any thread
    const command line = wf::server::read_command_line(argc, argv);
    switch (line.what) {
      case command::kind::serve: return serve(line.set, asked_to);
      case command::kind::print: fmt::print("{}", line.text); return 0;
      case command::kind::refuse: return refuse(line.text);
    }
  } catch (const std::exception& thrown) {
    return refuse(fmt::format("waveforge: cannot start: {}", thrown.what()));
  }
  return 2;
}
