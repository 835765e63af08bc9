#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace wf::test {

/// The real server, started on a port of its own choosing. $WF_SERVER_BIN overrides the binary of this build.
/// Everything it prints is kept. Killed and reaped with the object.
class server_process {
 public:
  using milliseconds = std::chrono::milliseconds;

  struct setup {
    std::filesystem::path data_dir{};
    std::vector<std::string> flags{};        ///< beside --data-dir and --listen
    bool choose_port{true};                  ///< adds --listen 127.0.0.1:0
    unsigned user_id{0};                     ///< run as this user; 0: as we are
    std::filesystem::path program{};         ///< another binary than this build's
    std::vector<std::string> environment{};  ///< NAME=VALUE, beside what we have
  };

  /// Starts it and waits until it listens. Throws std::runtime_error, with what it printed, when it does not.
  explicit server_process(setup how);
  ~server_process();
  server_process(const server_process&) = delete;
  server_process& operator=(const server_process&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// All addresses it said it listens on, as printed.
  [[nodiscard]] const std::vector<std::string>& addresses() const noexcept { return addresses_; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int pid() const noexcept { return pid_; }
  [[nodiscard]] const setup& how() const noexcept { return how_; }
  /// Everything printed so far.
  [[nodiscard]] std::string log() const;

  void signal(int number);
  /// Waits for the end. The exit code, 128 + signal, or -1 when it still runs after `within`. After the end: the same.
  [[nodiscard]] int wait(milliseconds within = std::chrono::seconds{30});
  /// SIGTERM and wait.
  [[nodiscard]] int stop(milliseconds within = std::chrono::seconds{30});
  /// SIGKILL and reap.
  void kill();
  /// Starts again on the same data dir; the process must have ended. Ports are chosen anew.
  void start_again();
  void start_again(std::vector<std::string> flags);
  /// The same with another environment.
  void start_with(std::vector<std::string> environment);

 private:
  class reader;
  void start();

  setup how_;
  int pid_{-1};
  int exit_code_{-1};
  std::uint16_t port_{0};
  std::vector<std::string> addresses_;
  std::unique_ptr<reader> output_;
};

/// The words to run the server with these arguments.
[[nodiscard]] std::vector<std::string> server_words(const std::vector<std::string>& arguments);

/// Bytes this process has caused to go to storage (/proc/PID/io, write_bytes).
[[nodiscard]] std::uint64_t write_bytes_of(int pid);

}  // namespace wf::test
