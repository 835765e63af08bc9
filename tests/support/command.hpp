#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace wf::test {

struct command_result {
  int exit_code{-1};  ///< 128 + signal when one ended it; -1: it did not end in time and was killed
  std::string out{};
  std::string err{};
};

/// Runs a program (looked up in PATH) and waits for it. Throws when it cannot be started.
[[nodiscard]] command_result run_command(const std::vector<std::string>& words,
                                         std::chrono::milliseconds within = std::chrono::seconds{120});

/// fork and exec with both outputs connected to `output_fd` and `error_fd`, which the caller keeps. Returns the pid.
/// The child is killed when this process dies.
[[nodiscard]] int spawn(const std::vector<std::string>& words, int output_fd, int error_fd, unsigned user_id = 0);

/// What waitpid said, as command_result has it.
[[nodiscard]] int exit_code_of(int wait_status) noexcept;

}  // namespace wf::test
