#include "wfload/answer_reader.hpp"

#include <algorithm>
#include <charconv>

namespace wf::load {
namespace {

constexpr std::size_t head_bytes_max = 64U * 1024U;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) noexcept {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (failure != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool has_option(std::string_view list, std::string_view wanted) noexcept {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
    if (same_name(item, wanted)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

auto malformed(std::string what) {
  return fail(errc::bad_request, "malformed answer: " + std::move(what));
}

}  // namespace

void answer_reader::start_over() {
  where_ = place::head;
  status_ = 0;
  left_ = 0;
  head_bytes_ = 0;
  closes_ = false;
  line_.clear();
  fields_.clear();
}

void answer_reader::expect(bool to_head) {
  start_over();
  interim_ = 0;
  to_head_ = to_head;
}

std::optional<std::string_view> answer_reader::field(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> answer_reader::number(std::string_view name) const noexcept {
  const auto value = field(name);
  return value ? parse_number(*value, 10) : std::nullopt;
}

result<std::size_t> answer_reader::feed(std::span<const std::byte> bytes, const body_sink& sink) {
  std::size_t taken = 0;
  while (where_ != place::done && taken < bytes.size()) {
    const auto rest = bytes.subspan(taken);
    if (where_ == place::body_length || where_ == place::body_to_end || where_ == place::chunk_data) {
      const auto length = where_ == place::body_to_end
                              ? rest.size()
                              : static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), left_));
      sink(rest.first(length));
      taken += length;
      if (where_ == place::body_to_end) continue;
      left_ -= length;
      if (left_ == 0) where_ = where_ == place::body_length ? place::done : place::chunk_end;
      continue;
    }
    bool whole = false;
    const auto length = take_line(rest, whole);
    if (!length) return length;
    taken += *length;
    if (!whole) continue;
    if (auto ok = on_line(); !ok) return tl::make_unexpected(ok.error());
    line_.clear();
  }
  return taken;
}

result<void> answer_reader::end() {
  if (where_ == place::done) return {};
  if (where_ == place::body_to_end) {
    where_ = place::done;
    return {};
  }
  return fail(errc::peer_gone, untouched() ? "connection closed before an answer" : "connection closed in an answer");
}

result<std::size_t> answer_reader::take_line(std::span<const std::byte> bytes, bool& whole) {
  const auto newline = std::find(bytes.begin(), bytes.end(), std::byte{'\n'});
  const auto length = static_cast<std::size_t>(newline - bytes.begin());
  // std::byte and char may alias; the text is copied out here.
  line_.append(reinterpret_cast<const char*>(bytes.data()), length);
  head_bytes_ += length;
  if (head_bytes_ > head_bytes_max) return malformed("head or trailer over 64 KiB");
  if (newline == bytes.end()) return length;
  if (line_.empty() || line_.back() != '\r') return malformed("a line that does not end in CR LF");
  line_.pop_back();
  whole = true;
  return length + 1;
}

result<void> answer_reader::on_line() {
  switch (where_) {
    case place::head:
      if (status_ == 0) return on_status_line();
      return line_.empty() ? on_head_end() : on_field_line();
    case place::chunk_size: return on_chunk_size();
    case place::chunk_end:
      if (!line_.empty()) return malformed("no CR LF after a chunk");
      where_ = place::chunk_size;
      head_bytes_ = 0;
      return {};
    case place::trailer:
      if (line_.empty()) where_ = place::done;
      return {};
    default: return fail(errc::internal, "a line where none is read");
  }
}

result<void> answer_reader::on_status_line() {
  const std::string_view line{line_};
  if (line.size() < 13 || !line.starts_with("HTTP/1.") || line[8] != ' ' || line[12] != ' ') {
    return malformed("status line \"" + line_ + "\"");
  }
  const auto code = parse_number(line.substr(9, 3), 10);
  if (!code || *code < 100 || *code > 599) return malformed("status \"" + line_ + "\"");
  status_ = static_cast<int>(*code);
  closes_ = line[7] == '0';
  return {};
}

result<void> answer_reader::on_field_line() {
  const std::size_t colon = line_.find(':');
  if (colon == std::string::npos || colon == 0 || line_.find_first_of(" \t") < colon) {
    return malformed("field line \"" + line_ + "\"");
  }
  std::string_view value{line_};
  value.remove_prefix(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  if (value.find('\r') != std::string_view::npos) return malformed("CR inside a field");
  fields_.emplace_back(line_.substr(0, colon), value);
  return {};
}

result<void> answer_reader::on_head_end() {
  if (status_ < 200) {
    if (++interim_ > 16) return malformed("more than 16 interim answers");
    start_over();
    return {};
  }
  const auto lengths = std::count_if(fields_.begin(), fields_.end(),
                                     [](const auto& one) { return same_name(one.first, "content-length"); });
  const auto coding = field("transfer-encoding");
  if (lengths > 1) return malformed("two Content-Length");
  if (coding && lengths != 0) return malformed("Content-Length beside Transfer-Encoding");
  if (coding && !same_name(*coding, "chunked")) return malformed("unknown transfer coding");
  if (lengths == 1 && !number("content-length")) return malformed("Content-Length is not a number");
  if (const auto options = field("connection")) {
    if (has_option(*options, "close")) closes_ = true;
    if (has_option(*options, "keep-alive")) closes_ = false;
  }
  head_bytes_ = 0;
  if (status_ == 204 && (coding || lengths != 0)) return malformed("a length in a 204");
  if (to_head_ || status_ == 204 || status_ == 304) {
    where_ = place::done;
  } else if (coding) {
    where_ = place::chunk_size;
  } else if (lengths == 1) {
    left_ = *number("content-length");
    where_ = left_ == 0 ? place::done : place::body_length;
  } else {
    closes_ = true;
    where_ = place::body_to_end;
  }
  return {};
}

result<void> answer_reader::on_chunk_size() {
  const std::string_view digits = std::string_view{line_}.substr(0, line_.find(';'));
  const auto size = parse_number(digits, 16);
  if (!size) return malformed("chunk size \"" + line_ + "\"");
  left_ = *size;
  head_bytes_ = 0;
  where_ = left_ == 0 ? place::trailer : place::chunk_data;
  return {};
}

}  // namespace wf::load
