#include <sched.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

#include "loop.hpp"
#include "machine.hpp"

namespace {

constexpr const char* usage =
    "bench_limit serve --way sink|buffered|splice|direct --port N [--dir DIR] [--sync none|chunk] [--cpu N]\n"
    "bench_limit machine --dir DIR [--cpu N] [--seconds S]\n"
    "bench_limit disk --dir DIR [--writers N] [--seconds S]\n"
    "What this machine could do for an upload server that knew nothing: see bench/limit/README.md.\n";

[[noreturn]] void refuse(const std::string& why) {
  (void)std::fprintf(stderr, "bench_limit: %s\n%s", why.c_str(), usage);
  std::exit(2);
}

limit::way way_named(const std::string& name) {
  const std::map<std::string, limit::way> names{{"sink", limit::way::sink},
                                                {"buffered", limit::way::buffered},
                                                {"splice", limit::way::splice},
                                                {"direct", limit::way::direct}};
  const auto found = names.find(name);
  if (found == names.end()) refuse("there is no way '" + name + "'");
  return found->second;
}

}  // namespace

int main(int count, char** words) {
  std::map<std::string, std::string> given{{"--way", "sink"},   {"--sync", "none"}, {"--seconds", "1"},
                                           {"--writers", "64"}, {"--port", "0"},    {"--dir", ""},
                                           {"--cpu", ""}};
  if (count < 2 || count % 2 != 0) refuse("options come in pairs");
  for (int at = 2; at + 1 < count; at += 2) {
    const auto known = given.find(words[at]);
    if (known == given.end()) refuse(std::string{"there is no option "} + words[at]);
    known->second = words[at + 1];
  }
  if (!given["--cpu"].empty()) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(std::strtoul(given["--cpu"].c_str(), nullptr, 10), &one);
    if (::sched_setaffinity(0, sizeof one, &one) != 0) refuse("cannot stay on processor " + given["--cpu"]);
  }
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &files);
  }
  const std::string_view verb{words[1]};
  const double seconds = std::strtod(given["--seconds"].c_str(), nullptr);
  if (verb == "machine") {
    (void)std::fputs(limit::measure_machine(given["--dir"], seconds).c_str(), stdout);
    return 0;
  }
  if (verb == "disk") {
    const auto writers = static_cast<unsigned>(std::strtoul(given["--writers"].c_str(), nullptr, 10));
    (void)std::printf("%.4f\n", limit::disk_in_rounds(given["--dir"], writers, seconds) / 1e9);
    return 0;
  }
  if (verb != "serve") refuse("there is no verb '" + std::string{verb} + "'");
  limit::loop_options with;
  with.how = way_named(given["--way"]);
  with.sync_chunks = given["--sync"] == "chunk";
  with.port = static_cast<std::uint16_t>(std::strtoul(given["--port"].c_str(), nullptr, 10));
  with.directory = given["--dir"];
  limit::loop{with}.run();
}
