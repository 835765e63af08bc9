#include "support/server_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#include "support/command.hpp"
#include "wfload/process_meter.hpp"

namespace wf::test {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::string_view listening = "listening on ";

// The sanitizers make a start slow.
constexpr std::chrono::seconds start_patience{60};

}  // namespace

/// Collects what the process prints, on a thread of its own, until its outputs are closed.
class server_process::reader {
 public:
  explicit reader(int fd) : fd_{fd}, thread_{[this] { collect(); }} {}
  ~reader() {
    thread_.join();
    ::close(fd_);
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  [[nodiscard]] std::string text() const {
    const std::lock_guard lock{mutex_};
    return text_;
  }
  /// Waits until a whole line with `words` was printed (true) or the outputs were closed or time is up (false).
  [[nodiscard]] bool wait_for_line(std::string_view words, steady::time_point until) {
    std::unique_lock lock{mutex_};
    const auto seen = [&] {
      const std::size_t at = text_.find(words);
      return at != std::string::npos && text_.find('\n', at) != std::string::npos;
    };
    changed_.wait_until(lock, until, [&] { return ended_ || seen(); });
    return seen();
  }

 private:
  void collect() {
    std::array<char, 4096> piece{};
    for (;;) {
      const ssize_t got = ::read(fd_, piece.data(), piece.size());
      if (got < 0 && errno == EINTR) continue;
      const std::lock_guard lock{mutex_};
      if (got > 0) text_.append(piece.data(), static_cast<std::size_t>(got));
      ended_ = got <= 0;
      changed_.notify_all();
      if (ended_) return;
    }
  }

  int fd_;
  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  std::string text_{};
  bool ended_{false};
  std::thread thread_;
};

std::vector<std::string> server_words(const std::vector<std::string>& arguments) {
  const char* chosen = std::getenv("WF_SERVER_BIN");
  std::vector<std::string> words{chosen != nullptr ? chosen : WF_SERVER_BIN};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

server_process::server_process(setup how) : how_{std::move(how)} {
  start();
}

server_process::~server_process() {
  kill();
}

void server_process::start() {
  std::vector<std::string> arguments{"serve", "--data-dir", how_.data_dir.string()};
  if (how_.choose_port) {
    arguments.emplace_back("--listen");
    arguments.emplace_back("127.0.0.1:0");
  }
  arguments.insert(arguments.end(), how_.flags.begin(), how_.flags.end());
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"pipe2"};
  exit_code_ = -1;
  std::vector<std::string> words = server_words(arguments);
  if (!how_.program.empty()) words.front() = how_.program.string();
  if (!how_.environment.empty()) {
    // env replaces itself with the server, so the pid is the server's.
    words.insert(words.begin(), how_.environment.begin(), how_.environment.end());
    words.insert(words.begin(), "env");
  }
  pid_ = spawn(words, ends[1], ends[1], how_.user_id);
  ::close(ends[1]);
  output_ = std::make_unique<reader>(ends[0]);
  if (!output_->wait_for_line(listening, steady::now() + start_patience)) {
    const std::string printed = output_->text();
    kill();
    throw std::runtime_error{"the server did not start; it printed:\n" + printed};
  }
  addresses_.clear();
  const std::string text = output_->text();
  for (std::size_t at = text.find(listening); at != std::string::npos; at = text.find(listening, at + 1)) {
    const std::size_t begin = at + listening.size();
    addresses_.push_back(text.substr(begin, text.find_first_of(" \n", begin) - begin));
  }
  port_ = 0;
  for (const std::string& address : addresses_) {
    const std::size_t colon = address.rfind(':');
    if (!address.starts_with("http://") || colon == std::string::npos || port_ != 0) continue;
    (void)std::from_chars(address.data() + colon + 1, address.data() + address.size(), port_);
  }
}

std::string server_process::log() const {
  return output_ ? output_->text() : std::string{};
}

void server_process::signal(int number) {
  if (pid_ > 0) ::kill(pid_, number);
}

int server_process::wait(milliseconds within) {
  if (pid_ <= 0) return exit_code_;
  const auto until = steady::now() + within;
  for (;;) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      exit_code_ = exit_code_of(status);
      return exit_code_;
    }
    if (steady::now() >= until) return -1;
    std::this_thread::sleep_for(milliseconds{2});
  }
}

int server_process::stop(milliseconds within) {
  signal(SIGTERM);
  return wait(within);
}

void server_process::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  exit_code_ = exit_code_of(status);
}

void server_process::start_again() {
  if (pid_ > 0) throw std::logic_error{"the server still runs"};
  start();
}

void server_process::start_again(std::vector<std::string> flags) {
  how_.flags = std::move(flags);
  start_again();
}

void server_process::start_with(std::vector<std::string> environment) {
  how_.environment = std::move(environment);
  start_again();
}

std::uint64_t write_bytes_of(int pid) {
  return load::measure({pid}).write_bytes;
}

}  // namespace wf::test
