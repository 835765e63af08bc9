#include "waveforge/server/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace wf::server {

namespace {

sigset_t stop_signals() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

extern "C" void end_at_once(int number) {
  ::_exit(128 + number);
}

}  // namespace

signals::signals() {
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

int signals::wait_for_stop() {
  const sigset_t set = stop_signals();
  int number = 0;
  while (::sigwait(&set, &number) == EINTR) {
  }
  struct sigaction end {};
  end.sa_handler = end_at_once;
  ::sigaction(SIGTERM, &end, nullptr);
  ::sigaction(SIGINT, &end, nullptr);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return number;
}

}  // namespace wf::server
