#include "support/command.hpp"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace wf::test {
namespace {

using steady = std::chrono::steady_clock;

struct pipe_pair {
  std::array<int, 2> ends{-1, -1};
  pipe_pair() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error{errno, std::generic_category(), "pipe2"};
  }
  ~pipe_pair() {
    close_end(0);
    close_end(1);
  }
  pipe_pair(const pipe_pair&) = delete;
  pipe_pair& operator=(const pipe_pair&) = delete;
  void close_end(std::size_t which) {
    if (ends[which] >= 0) ::close(std::exchange(ends[which], -1));
  }
};

}  // namespace

int exit_code_of(int wait_status) noexcept {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int spawn(const std::vector<std::string>& words, int output_fd, int error_fd, unsigned user_id) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw std::system_error{errno, std::generic_category(), "fork"};
  if (pid > 0) return pid;
  // Only calls that are safe between fork and exec from here on.
  ::dup2(output_fd, STDOUT_FILENO);
  ::dup2(error_fd, STDERR_FILENO);
  if (user_id != 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(user_id) != 0 || ::setuid(user_id) != 0) ::_exit(126);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

command_result run_command(const std::vector<std::string>& words, std::chrono::milliseconds within) {
  pipe_pair out;
  pipe_pair err;
  const int pid = spawn(words, out.ends[1], err.ends[1]);
  out.close_end(1);
  err.close_end(1);
  command_result result;
  const auto until = steady::now() + within;
  bool late = false;
  while (out.ends[0] >= 0 || err.ends[0] >= 0) {
    std::array<pollfd, 2> wait{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now()).count();
    if (left <= 0 && !late) {
      late = true;
      ::kill(pid, SIGKILL);
    }
    (void)::poll(wait.data(), wait.size(), late ? 1000 : static_cast<int>(left));
    for (std::size_t at = 0; at < 2; ++at) {
      if (wait[at].revents == 0) continue;
      std::array<char, 65536> piece{};
      const ssize_t got = ::read(wait[at].fd, piece.data(), piece.size());
      if (got > 0) (at == 0 ? result.out : result.err).append(piece.data(), static_cast<std::size_t>(got));
      if (got == 0) (at == 0 ? out : err).close_end(0);
    }
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  result.exit_code = late ? -1 : exit_code_of(status);
  return result;
}

}  // namespace wf::test
