#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/log.hpp"

namespace spdlog {
class logger;
namespace details {
class thread_pool;
}
}  // namespace spdlog

namespace wf::server {

enum class log_format : std::uint8_t { text, json };

/// One line, without its end:
///   text  2026-03-04T05:06:07.089Z warning accept_failed why="Too many open files"
///   json  {"time":"2026-03-04T05:06:07.089Z","level":"warning","event":"accept_failed","why":"Too many open files"}
/// Control characters and bytes that are not UTF-8 never come through as they are. Pure.
[[nodiscard]] std::string log_line(log_format as, utc_time at, log_level level, std::string_view event,
                                   std::initializer_list<log_field> fields);

/// Lines to standard error, by a thread of their own; when it cannot keep up the oldest waiting lines are dropped, not
/// the callers stopped.
class log_writer final : public logger {
 public:
  log_writer(log_format as, log_level from, const clock& time);
  ~log_writer() override;  ///< what waits is written
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;

  void write(log_level level, std::string_view event, std::initializer_list<log_field> fields) noexcept override;

 private:
  log_format as_;
  log_level from_;
  const clock& time_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> lines_;
};

}  // namespace wf::server
