#include "waveforge/http/head_parser.hpp"

#include <algorithm>
#include <cstring>

#include "scan.hpp"
#include "waveforge/http/host.hpp"

namespace wf::http {

namespace {

/// Longest method looked at; the longest known one has 7 letters.
constexpr std::ptrdiff_t verb_bytes_max = 32;
constexpr std::ptrdiff_t version_bytes = 8;  // "HTTP/1.1"

constexpr std::string_view request_line_shape =
    "The request line must be: method, one space, target, one space, HTTP/1.1, CRLF.";
constexpr std::string_view bare_lf = "A line ends with a bare LF; every line must end with CRLF.";
constexpr std::string_view bare_cr = "A CR without LF stands inside a line; CR may only stand before LF.";

[[nodiscard]] std::uint16_t narrow(std::ptrdiff_t distance) noexcept {
  return static_cast<std::uint16_t>(distance);
}

[[nodiscard]] bool has_line_feed(const char* at, const char* end) noexcept {
  return at != end && std::memchr(at, '\n', static_cast<std::size_t>(end - at)) != nullptr;
}

/// What is wrong with a line whose name ends at `stop` without a colon.
[[nodiscard]] std::string_view explain_name(const char* line, const char* stop) noexcept {
  if (*line == ' ' || *line == '\t')
    return "A header line begins with white space; folded lines are not taken, send one line.";
  if (*line == ':') return "A header line has no name before its colon.";
  switch (*stop) {
    case ' ':
    case '\t': return "A header name is followed by white space; the colon must follow at once.";
    case '\r': return "A header line has no colon; send `Name: value`.";
    case '\n': return stop == line ? bare_lf : std::string_view{"A header line has no colon; send `Name: value`."};
    case '\0': return "A header name contains a zero byte.";
    default: return "A header name contains a character that is not allowed in names.";
  }
}

/// What is wrong with a value that ends at `stop` with something else than CRLF.
[[nodiscard]] std::string_view explain_value(const char* stop) noexcept {
  switch (*stop) {
    case '\r': return bare_cr;
    case '\n': return bare_lf;
    case '\0': return "A header value contains a zero byte.";
    default: return "A header value contains a control character.";
  }
}

}  // namespace

progress head_parser::parse(std::string_view received) noexcept {
  return run<scan::fastest>(received);
}

progress head_parser::parse_portably(std::string_view received) noexcept {
  return run<scan::portable>(received);
}

void head_parser::reset() noexcept {
  head_.text_ = "";
  head_.field_count_ = 0;
  head_.path_ = head_.query_ = head_.authority_ = head_.verb_text_ = {};
  head_.length_bytes_ = 0;
  why_ = {};
  line_at_ = 0;
  scanned_ = 0;
  stage_ = stage::start;
  started_ = false;
  knows_target_ = false;
}

template <typename Scan>
progress head_parser::run(std::string_view received) noexcept {
  // A head must end within the limit; what lies behind it is not ours to look at.
  received = received.substr(0, limits::head_bytes_max);
  head_.text_ = received.data();
  if (stage_ == stage::start) {
    if (const progress after = read_start(received); after != progress::done) return after;
  }
  if (stage_ == stage::request_line) {
    if (const progress after = read_request_line<Scan>(received); after != progress::done) return after;
  }
  return read_fields<Scan>(received);
}

progress head_parser::read_start(std::string_view received) noexcept {
  if (received.empty()) return progress::more;
  std::uint32_t at = 0;
  if (received[0] == '\r') {
    if (received.size() < 2) return progress::more;
    if (received[1] != '\n') return refuse(status::bad_request, bare_cr);
    at = 2;
    if (received.size() == at) return progress::more;
  }
  started_ = true;
  const char first = received[at];
  // Judged before the line is complete: bytes that are not HTTP at all may never contain a line end.
  if (!is_token_char(first)) {
    if (first == '\n') return refuse(status::bad_request, bare_lf);
    if (first == '\r') return refuse(status::bad_request, "Only one empty line may come before a request.");
    if (first == '\x16') return refuse(status::bad_request, "This looks like TLS, but this port speaks plain HTTP.");
    return refuse(status::bad_request, request_line_shape);
  }
  line_at_ = scanned_ = at;
  stage_ = stage::request_line;
  return progress::done;
}

template <typename Scan>
progress head_parser::read_request_line(std::string_view received) noexcept {
  const auto size = static_cast<std::uint32_t>(received.size());
  const char* const text = received.data();
  const char* const line = text + line_at_;
  line_marks marks;
  const void* const found = size == scanned_ ? nullptr : std::memchr(text + scanned_, '\n', size - scanned_);
  if (found == nullptr) {
    scanned_ = size;
    // Looked into before it is complete only when it is too long already, so at most a few dozen times.
    if (size - line_at_ <= limits::target_bytes_max) return progress::more;
    return find_marks<Scan>(line, text + size, marks) ? progress::more : progress::refused;
  }
  const char* const line_feed = static_cast<const char*>(found);
  if (!find_marks<Scan>(line, line_feed, marks)) return progress::refused;
  if (line_feed[-1] != '\r') return refuse(status::bad_request, bare_lf);
  if (marks.target_end == nullptr || line_feed - marks.target_end != version_bytes + 2) {
    return refuse(status::bad_request, request_line_shape);
  }
  const char* const version = marks.target_end + 1;
  if (std::memcmp(version, "HTTP/", 5) != 0 || !is_digit(version[5]) || version[6] != '.' || !is_digit(version[7])) {
    return refuse(status::bad_request, request_line_shape);
  }
  if (version[5] != '1') return refuse(status::version_not_supported, "This server speaks HTTP/1.1 and HTTP/1.0.");
  head_.version_minor_ = version[7] == '0' ? 0 : 1;

  const auto verb = parse_method({line, static_cast<std::size_t>(marks.verb_end - line)});
  if (!verb) {
    return refuse(status::not_implemented,
                  "The method is not known here; GET, HEAD, POST, PATCH, DELETE and OPTIONS are.");
  }
  head_.verb_ = *verb;
  head_.verb_text_ = {narrow(line - text), narrow(marks.verb_end - line)};
  const char* const target = marks.verb_end + 1;
  if (!read_target({target, static_cast<std::size_t>(marks.target_end - target)}, narrow(target - text))) {
    return progress::refused;
  }
  line_at_ = scanned_ = static_cast<std::uint32_t>(line_feed - text) + 1;
  stage_ = stage::field_lines;
  knows_target_ = true;
  return progress::done;
}

/// Finds where method and target end. Its checks hold for every beginning of a line too, so that a line that never ends
/// is refused for the same reason as one that does. `end` is the LF, or where the line is cut.
template <typename Scan>
bool head_parser::find_marks(const char* line, const char* end, line_marks& marks) noexcept {
  const auto wrong = [this](status code, std::string_view detail) noexcept {
    (void)refuse(code, detail);
    return false;
  };
  marks.verb_end = Scan::token_end(line, end);
  if (marks.verb_end - line > verb_bytes_max) {
    return wrong(status::not_implemented, "The method is longer than any method known here.");
  }
  if (marks.verb_end == end) return true;
  if (*marks.verb_end != ' ') return wrong(status::bad_request, request_line_shape);
  const char* const target = marks.verb_end + 1;
  const char* const target_end = Scan::target_end(target, end);
  if (target_end - target > static_cast<std::ptrdiff_t>(limits::target_bytes_max)) {
    return wrong(status::uri_too_long,
                 "The request target is longer than the 8 KiB that are read; send long values in the body.");
  }
  if (target_end == end) return true;
  if (*target_end == '\r' || target_end == target) return wrong(status::bad_request, request_line_shape);
  if (*target_end != ' ') {
    return wrong(status::bad_request, "The request target contains a character that must be percent-encoded.");
  }
  if (end - target_end > version_bytes + 2) return wrong(status::bad_request, request_line_shape);
  marks.target_end = target_end;
  return true;
}

bool head_parser::read_target(std::string_view target, std::uint16_t at) noexcept {
  const auto wrong = [this](std::string_view detail) noexcept {
    (void)refuse(status::bad_request, detail);
    return false;
  };
  std::size_t path_at = 0;
  if (target[0] == '/') {
    head_.form_ = target_form::origin;
  } else if (target == "*") {
    head_.form_ = target_form::asterisk;
    if (head_.verb_ != method::options) return wrong("The target `*` belongs to OPTIONS only.");
  } else {
    const std::size_t authority_at = equals_ignoring_case(target.substr(0, 7), "http://")    ? 7
                                     : equals_ignoring_case(target.substr(0, 8), "https://") ? 8
                                                                                             : 0;
    if (authority_at == 0) return wrong("The request target must begin with `/`, or be an absolute http or https URI.");
    path_at = std::min(target.find_first_of("/?", authority_at), target.size());
    const std::string_view authority = target.substr(authority_at, path_at - authority_at);
    if (authority.empty() || !is_valid_host(authority)) {
      return wrong("The host in the request target is not a valid host and port, such as example.org:8080.");
    }
    head_.form_ = target_form::absolute;
    head_.authority_ = {static_cast<std::uint16_t>(at + authority_at), static_cast<std::uint16_t>(authority.size())};
  }
  const std::size_t question = target.find('?', path_at);
  const std::size_t path_end = std::min(question, target.size());
  head_.path_ = {static_cast<std::uint16_t>(at + path_at), static_cast<std::uint16_t>(path_end - path_at)};
  if (question != std::string_view::npos) {
    head_.query_ = {static_cast<std::uint16_t>(at + question + 1),
                    static_cast<std::uint16_t>(target.size() - question - 1)};
  }
  return true;
}

template <typename Scan>
progress head_parser::read_fields(std::string_view received) noexcept {
  const char* const text = received.data();
  const char* const end = text + received.size();
  // The line that was incomplete last time is read again only once its end has come.
  if (scanned_ != line_at_ && !has_line_feed(text + scanned_, end)) {
    scanned_ = static_cast<std::uint32_t>(received.size());
    if (received.size() == limits::head_bytes_max) {
      return refuse(status::header_fields_too_large,
                    "The request head is longer than the 16 KiB that are read; send fewer or shorter header lines.");
    }
    return progress::more;
  }
  const char* line = text + line_at_;
  for (;;) {
    std::string_view wrong;
    const char* stop = Scan::token_end(line, end);
    if (stop == end) break;
    if (*stop == ':' && stop != line) [[likely]] {
      const char* value = stop + 1;
      while (value != end && (*value == ' ' || *value == '\t')) ++value;
      const char* const value_stop = Scan::value_end(value, end);
      if (end - value_stop < 2) {
        // A lone wrong byte at the very end is judged when its line is complete, as everywhere.
        if (value_stop == end || *value_stop == '\r') break;
        stop = value_stop;
        wrong = explain_value(value_stop);
      } else if (value_stop[0] == '\r' && value_stop[1] == '\n') [[likely]] {
        if (head_.field_count_ == limits::fields_max) {
          return refuse(status::header_fields_too_large, "The request has more than 100 header lines; send fewer.");
        }
        const char* value_end = value_stop;
        while (value_end != value && (value_end[-1] == ' ' || value_end[-1] == '\t')) --value_end;
        head_.slices_[head_.field_count_++] = {narrow(line - text), narrow(stop - line), narrow(value - text),
                                               narrow(value_end - value)};
        line = value_stop + 2;
        continue;
      } else {
        stop = value_stop;
        wrong = explain_value(value_stop);
      }
    } else if (stop == line && *line == '\r') {
      if (end - line < 2) break;
      if (line[1] == '\n') {
        head_.length_bytes_ = static_cast<std::uint32_t>(line + 2 - text);
        return finish();
      }
      wrong = bare_cr;
    } else {
      wrong = explain_name(line, stop);
    }
    // A line is judged only when it is complete: else the verdict would depend on how the bytes were split.
    if (has_line_feed(stop, end)) return refuse(status::bad_request, wrong);
    break;
  }
  line_at_ = static_cast<std::uint32_t>(line - text);
  scanned_ = static_cast<std::uint32_t>(received.size());
  if (received.size() == limits::head_bytes_max) {
    return refuse(status::header_fields_too_large,
                  "The request head is longer than the 16 KiB that are read; send fewer or shorter header lines.");
  }
  return progress::more;
}

progress head_parser::finish() noexcept {
  const field_list fields = head_.fields();
  const field_slice* host = nullptr;
  for (std::uint32_t i = 0; i < head_.field_count_; ++i) {
    if (head_.slices_[i].name_bytes != 4 || !equals_ignoring_case(fields[i].name, "host")) continue;
    if (host != nullptr) return refuse(status::bad_request, "Host is there more than once; send it once.");
    host = &head_.slices_[i];
    if (!is_valid_host(fields[i].value)) {
      return refuse(status::bad_request, "Host is not a valid host and port, such as example.org:8080.");
    }
  }
  if (host == nullptr && head_.version_minor_ != 0) {
    return refuse(status::bad_request, "An HTTP/1.1 request must have a Host field.");
  }
  if (host != nullptr && head_.form_ != target_form::absolute) head_.authority_ = {host->value_at, host->value_bytes};
  stage_ = stage::finished;
  return progress::done;
}

progress head_parser::refuse(status code, std::string_view detail) noexcept {
  why_ = {code, detail};
  stage_ = stage::finished;
  return progress::refused;
}

}  // namespace wf::http
