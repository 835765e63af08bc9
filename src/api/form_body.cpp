#include "waveforge/api/form_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>

#include "waveforge/base/check.hpp"
#include "waveforge/base/limits.hpp"

namespace wf::api {

namespace {

using event = http::multipart_parser::event;
using piece = std::array<std::byte, 4096>;

/// Room in front of what is received: bytes that looked like a delimiter and were not one are given out before it.
constexpr std::size_t front_bytes = 128;

[[nodiscard]] bool lies_in(std::span<const std::byte> part, std::span<const std::byte> whole) noexcept {
  const std::less_equal<const std::byte*> not_after{};
  return not_after(whole.data(), part.data()) && not_after(part.data() + part.size(), whole.data() + whole.size());
}

[[nodiscard]] error as_error(const http::refusal& why) {
  const bool too_long = why.code == http::status::header_fields_too_large;
  return {too_long ? errc::metadata_too_large : errc::bad_request, std::string{why.detail}, 0};
}

}  // namespace

form_body::form_body(io::body_source& from, http::multipart_parser parser) noexcept
    : from_{from}, parser_{std::move(parser)} {}

result<std::optional<std::string_view>> form_body::field(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : fields_) {
    if (key != name) continue;
    if (found.has_value()) return fail(errc::bad_request, "The form has the field " + std::string{name} + " twice.");
    found = value;
  }
  return found;
}

void form_body::fail_with(error why) {
  if (!failure_.has_value()) failure_ = std::move(why);
}

void form_body::begin_part() {
  const std::string& name = parser_.part().disposition.name;
  in_file_ = name == "file";
  if (!in_file_) {
    fields_.emplace_back(name, std::string{});
  } else if (std::exchange(file_seen_, true)) {
    fail_with({errc::bad_request, "The form has two parts named file; send one chunk a form.", 0});
  }
}

/// What one step of the parser means. Returns bytes of the file, which are the parser's or the input's.
std::span<const std::byte> form_body::take(const step& next) {
  switch (next.what) {
    case event::part_begin: begin_part(); break;
    case event::part_data:
      if (in_file_) return next.data;
      field_bytes_ += next.data.size();
      if (field_bytes_ > limits::small_body_bytes_max) {
        fail_with(
            {errc::too_large,
             fmt::format("The fields of the form are longer than {} bytes together; the bytes of the chunk belong "
                         "in the part named file.",
                         limits::small_body_bytes_max),
             0});
      } else {
        fields_.back().second.append(reinterpret_cast<const char*>(next.data.data()), next.data.size());
      }
      break;
    case event::part_end: in_file_ = false; break;
    case event::refused: fail_with(as_error(parser_.why())); break;
    case event::more:
    case event::finished: break;
  }
  return {};
}

/// Parses the piece up to the next bytes of the file, to the file's beginning, or to its end.
void form_body::read_piece() {
  const bool sought = !file_seen_;
  while (data_.empty() && !piece_.empty() && !failure_.has_value()) {
    const auto before = piece_;
    const step next = parser_.next(before);
    piece_ = before.subspan(next.consumed_bytes);
    const auto file = take(next);
    if (!file.empty() && lies_in(file, before)) {
      data_ = file;
      data_owner_ = piece_owner_;
    } else if (!file.empty()) {  // the parser's own bytes, valid until its next step
      const auto copy = std::make_shared<std::vector<std::byte>>(file.begin(), file.end());
      data_ = *copy;
      data_owner_ = copy;
    }
    if (sought && file_seen_) return;
  }
  if (data_.empty() && piece_.empty()) drop_piece();
}

void form_body::drop_piece() noexcept {
  piece_ = {};
  piece_owner_.reset();
  data_owner_.reset();
  if (in_hand_bytes_ != 0) from_.consume(std::exchange(in_hand_bytes_, 0));
}

void form_body::hold_in_hand() noexcept {
  piece_ = from_.in_hand();
  piece_owner_ = from_.in_hand_owner();
  in_hand_bytes_ = piece_.size();
}

/// The request's body is over: the form must be, too.
void form_body::end_form() {
  if (ended_ || failure_.has_value()) return;
  if (const auto why = parser_.end_of_body(); why.has_value()) {
    fail_with(as_error(*why));
    return;
  }
  if (at_end_) {
    if (auto right = at_end_(); !right) {
      fail_with(std::move(right).error());
      return;
    }
  }
  ended_ = true;
}

/// What is there, in memory of its own.
io::task<result<void>> form_body::take_piece() {
  const auto buffer = std::make_shared<piece>();
  const auto count = co_await from_.receive(*buffer, buffer);
  if (!count) co_return fail(count.error());
  piece_ = std::span{*buffer}.first(*count);
  piece_owner_ = buffer;
  co_return result<void>{};
}

/// A piece to parse, waited for; none when the body has ended.
io::task<result<void>> form_body::pull() {
  if (from_.done()) {
    end_form();
  } else if (!from_.in_hand().empty()) {
    hold_in_hand();
  } else {
    const auto ready = co_await from_.wait(piece{}.size());
    if (!ready) co_return fail(ready.error());
    if (from_.in_hand().empty()) {
      const auto taken = co_await take_piece();
      if (!taken) co_return taken;
    }
  }
  if (failure_.has_value()) co_return fail(*failure_);
  co_return result<void>{};
}

io::task<result<bool>> form_body::find_file() {
  while (!file_seen_ && !ended_) {
    if (piece_.empty()) {
      const auto pulled = co_await pull();
      if (!pulled) co_return fail(pulled.error());
    }
    read_piece();
    if (failure_.has_value()) co_return fail(*failure_);
  }
  read_piece();
  co_return file_seen_;
}

void form_body::consume(std::size_t count) noexcept {
  WF_CHECK(count <= data_.size());
  data_ = data_.subspan(count);
  if (!data_.empty()) return;
  read_piece();
  if (data_.empty() && from_.done()) end_form();
}

std::optional<std::uint64_t> form_body::remaining() const noexcept {
  if (!ended_) return std::nullopt;
  return data_.size();
}

io::task<result<std::uint64_t>> form_body::wait(std::uint64_t want) {
  while (true) {
    if (failure_.has_value()) co_return fail(*failure_);
    if (!data_.empty()) co_return data_.size();
    if (from_.done()) {
      end_form();
      if (ended_) co_return std::uint64_t{1};  // nothing more: receive() says so
    } else if (!from_.in_hand().empty()) {
      hold_in_hand();
      read_piece();
    } else {
      const auto ready = co_await from_.wait(want);
      if (!ready) co_return fail(ready.error());
      co_return std::uint64_t{1};  // how much of what is there belongs to the file nobody knows yet
    }
  }
}

/// The file's bytes move to the front of `into`, over framing and fields already read: never past what is still to be
/// read.
std::size_t form_body::parse_in_place(std::span<std::byte> into, std::span<const std::byte> rest) {
  std::size_t written = 0;
  while (!rest.empty() && !failure_.has_value()) {
    const step next = parser_.next(rest);
    const auto file = take(next);
    rest = rest.subspan(next.consumed_bytes);
    WF_CHECK(into.data() + written + file.size() <= rest.data());
    if (!file.empty()) std::memmove(into.data() + written, file.data(), file.size());
    written += file.size();
  }
  return written;
}

io::task<result<std::size_t>> form_body::receive(std::span<std::byte> into, std::shared_ptr<void> owner) {
  std::size_t written = 0;
  if (failure_.has_value()) co_return fail(*failure_);
  if (data_.empty() && !ended_ && !from_.done()) {
    if (!from_.in_hand().empty()) {
      hold_in_hand();
      read_piece();
    } else if (into.size() <= 2 * front_bytes) {
      const auto taken = co_await take_piece();
      if (!taken) co_return fail(taken.error());
      read_piece();
    } else {
      const auto count = co_await from_.receive(into.subspan(front_bytes), owner);
      if (!count) co_return fail(count.error());
      written = parse_in_place(into, into.subspan(front_bytes, *count));
    }
  }
  if (!data_.empty()) {
    written = std::min(into.size(), data_.size());
    std::memcpy(into.data(), data_.data(), written);
    consume(written);
  } else if (from_.done()) {
    end_form();
  }
  // What was read before the form went wrong is not given out: the file is wanted whole.
  if (failure_.has_value()) co_return fail(*failure_);
  co_return written;
}

}  // namespace wf::api
