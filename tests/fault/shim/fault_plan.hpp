#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wf::fault {

/// What happens at which disk operation of a process this library is preloaded into. From the environment:
///
///   WF_FAULT        rules, separated by ';':  OP[~PART]@N[+]=ACTION
///                   OP      sync write allocate splice truncate clone open mkdir rename link unlink, or any
///                   PART    the path contains it
///                   N       the N-th such operation, counted from 1; with + every one from the N-th on
///                   ACTION  kill: SIGKILL instead of the operation; a number: the operation fails with this errno
///   WF_FAULT_ROOT   only operations on paths below it are seen
///   WF_FAULT_WHILE  rules hold, and count, while this file exists; without it always
///   WF_FAULT_TRACE  a file to which every operation seen is appended: OP PATH
///
/// Thread-safe after start-up.
class plan {
 public:
  static plan& here();

  /// Nothing is asked for: the hooks only pass on.
  [[nodiscard]] bool idle() const noexcept { return rules_.empty() && trace_fd_ < 0; }
  /// 0: go on. Otherwise the errno to fail with. Does not return when the process is to be killed.
  [[nodiscard]] int judge(std::string_view op, std::string_view path);
  /// The same for an operation on an open file, or on a name below a directory.
  [[nodiscard]] int judge(std::string_view op, int fd, const char* name = nullptr);

 private:
  struct rule {
    std::string op{};
    std::string part{};
    std::uint64_t nth{1};
    bool onward{false};
    int failure{0};  ///< 0: kill
    std::atomic<std::uint64_t> seen{0};
  };
  plan();
  void add(std::string_view text);

  std::vector<rule*> rules_{};
  std::string root_{"/"};
  std::string while_{};
  int trace_fd_{-1};
};

}  // namespace wf::fault
