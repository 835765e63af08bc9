#include "waveforge/http/head_writer.hpp"

#include <fmt/format.h>

#include <cstring>

#include "waveforge/http/chars.hpp"

namespace wf::http {

void head_writer::put(std::string_view text) noexcept {
  if (grown_ != nullptr) {
    grown_->append(text);
    return;
  }
  if (overflow_ || text.size() > out_.size() - used_) {
    overflow_ = true;
    return;
  }
  if (!text.empty()) std::memcpy(out_.data() + used_, text.data(), text.size());
  used_ += text.size();
}

head_writer& head_writer::begin(status code) noexcept {
  code_ = code;
  put("HTTP/1.1 ");
  const fmt::format_int number{to_number(code)};
  put({number.data(), number.size()});
  put(" ");
  put(reason_phrase(code));
  put("\r\n");
  return *this;
}

head_writer& head_writer::field(std::string_view name, std::string_view value) noexcept {
  if (!is_token(name) || !is_field_value(value)) {
    bad_field_ = true;
    return *this;
  }
  put(name);
  put(": ");
  put(value);
  put("\r\n");
  return *this;
}

head_writer& head_writer::field(std::string_view name, std::uint64_t value) noexcept {
  const fmt::format_int number{value};
  return field(name, std::string_view{number.data(), number.size()});
}

head_writer& head_writer::content_length(std::uint64_t bytes) noexcept {
  return forbids_body(code_) ? *this : field("Content-Length", bytes);
}

head_writer& head_writer::chunked() noexcept {
  return field("Transfer-Encoding", "chunked");
}

head_writer& head_writer::no_body() noexcept {
  return content_length(0);
}

head_writer& head_writer::connection(bool keep_alive, unsigned request_version_minor) noexcept {
  if (!keep_alive) return field("Connection", "close");
  if (request_version_minor == 0) return field("Connection", "keep-alive");
  return *this;
}

result<std::string_view> head_writer::finish() {
  put("\r\n");
  if (bad_field_ || overflow_) {
    if (grown_ != nullptr) grown_->resize(grown_from_);
    return fail(errc::internal, bad_field_ ? "a response field has a name or value that cannot be sent"
                                           : "the response head does not fit its buffer");
  }
  if (grown_ != nullptr) return std::string_view{*grown_}.substr(grown_from_);
  return std::string_view{out_.data(), used_};
}

}  // namespace wf::http
