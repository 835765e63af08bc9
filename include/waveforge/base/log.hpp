#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace wf {

enum class log_level : std::uint8_t { debug, info, warning, error };

/// One named value of a log line. Views are borrowed for the duration of the call.
struct log_field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;
};

/// Where events are told to the operator. Implemented in `server` (text or JSON lines). Thread-safe, never blocks on
/// the sink, never throws. Implementations escape control characters: client text may be among the values.
class logger {
 public:
  virtual ~logger() = default;
  virtual void write(log_level level, std::string_view event, std::initializer_list<log_field> fields) noexcept = 0;

  void info(std::string_view event, std::initializer_list<log_field> fields = {}) noexcept {
    write(log_level::info, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<log_field> fields = {}) noexcept {
    write(log_level::warning, event, fields);
  }
  void fault(std::string_view event, std::initializer_list<log_field> fields = {}) noexcept {
    write(log_level::error, event, fields);
  }
};

/// Drops everything; for tests.
class null_logger final : public logger {
 public:
  void write(log_level, std::string_view, std::initializer_list<log_field>) noexcept override {}
};

}  // namespace wf
