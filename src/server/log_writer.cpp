#include "waveforge/server/log_writer.hpp"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <iterator>

#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/rfc3339.hpp"

namespace wf::server {

namespace {

/// Lines that may wait: at 200 bytes each under 2 MiB.
constexpr std::size_t lines_max = 8'192;

std::string_view name_of(log_level level) noexcept {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
  }
  return "error";
}

bool is_bare(std::string_view text) noexcept {
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c > '~') return false;
  }
  return !text.empty();
}

void append_value(std::string& out, const log_field& field) {
  std::visit(
      [&out](const auto& value) {
        using type = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<type, std::string_view>) {
          // JSON's escapes are known to everybody, and what they let through is printable.
          if (is_bare(value)) {
            out += value;
          } else {
            append_json_text(out, value);
          }
        } else {
          fmt::format_to(std::back_inserter(out), "{}", value);
        }
      },
      field.value);
}

std::string text_line(utc_time at, log_level level, std::string_view event, std::initializer_list<log_field> fields) {
  std::string out = fmt::format("{} {} {}", to_rfc3339(at), name_of(level), event);
  for (const log_field& field : fields) {
    out += ' ';
    out += field.key;
    out += '=';
    append_value(out, field);
  }
  return out;
}

std::string json_line(utc_time at, log_level level, std::string_view event, std::initializer_list<log_field> fields) {
  std::string out;
  json_writer json{out};
  json.begin_object();
  json.key("time").value(to_rfc3339(at));
  json.key("level").value(name_of(level));
  json.key("event").value(event);
  for (const log_field& field : fields) {
    json.key(field.key);
    std::visit([&json](const auto& value) { json.value(value); }, field.value);
  }
  json.end_object();
  return out;
}

spdlog::level::level_enum spdlog_level(log_level level) noexcept {
  switch (level) {
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warning: return spdlog::level::warn;
    case log_level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

std::string log_line(log_format as, utc_time at, log_level level, std::string_view event,
                     std::initializer_list<log_field> fields) {
  return as == log_format::json ? json_line(at, level, event, fields) : text_line(at, level, event, fields);
}

log_writer::log_writer(log_format as, log_level from, const clock& time) : as_(as), from_(from), time_(time) {
  pool_ = std::make_shared<spdlog::details::thread_pool>(lines_max, 1);
  lines_ = std::make_shared<spdlog::async_logger>("waveforge", std::make_shared<spdlog::sinks::stderr_sink_mt>(), pool_,
                                                  spdlog::async_overflow_policy::overrun_oldest);
  lines_->set_pattern("%v");
  lines_->set_level(spdlog_level(from));
  lines_->flush_on(spdlog::level::debug);
}

log_writer::~log_writer() {
  lines_.reset();
  pool_.reset();  // joins its thread after the last line
}

void log_writer::write(log_level level, std::string_view event, std::initializer_list<log_field> fields) noexcept {
  if (level < from_) return;
  try {
    const std::string line = log_line(as_, time_.utc_now(), level, event, fields);
    lines_->log(spdlog_level(level), spdlog::string_view_t{line.data(), line.size()});
  } catch (...) {
    // No memory for a line: losing it is all that can be done about it.
  }
}

}  // namespace wf::server
