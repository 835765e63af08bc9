#include "wfload/upload_job.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wf::load {

std::string describe(const answer& what) {
  if (what.status == 0) return what.trouble;
  std::string text = what.text.substr(0, 200);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text.empty() ? fmt::format("{}", what.status) : fmt::format("{} {}", what.status, text);
}

pause retry_pause(std::uint64_t retries_before) noexcept {
  const std::uint64_t doublings = std::min<std::uint64_t>(retries_before, 6);
  return pause{std::min(std::chrono::milliseconds{50 << doublings}, std::chrono::milliseconds{2000})};
}

upload_job::upload_job(const options& how, const request_text& text, std::shared_ptr<const recording> of,
                       recording::next_chunk which)
    : job{of->number(), kind::chunk},
      how_{how},
      text_{text},
      of_{std::move(of)},
      which_{which},
      chunk_{of_->chunk(which.index)},
      tries_left_{how.retries} {}

upload_job::upload_job(const options& how, const upload_job& sent)
    : job{sent.recording_number(), kind::read},
      how_{how},
      text_{sent.text_},
      of_{sent.of_},
      which_{sent.which_},
      chunk_{sent.chunk_},
      stage_{how.verify ? stage::read : stage::remove},
      path_{sent.path_},
      tries_left_{how.retries} {}

std::unique_ptr<job> upload_job::check(const options& how) const {
  // A chunk of a session is read back with its recording.
  if (unit() != kind::chunk || how.speak != protocol::tus) return nullptr;
  return std::unique_ptr<job>{new upload_job{how, *this}};
}

step upload_job::next(const answer* last) {
  if (last == nullptr) return request();
  switch (stage_) {
    case stage::create: return on_create(*last);
    case stage::append: return on_append(*last);
    case stage::ask: return on_ask(*last);
    case stage::read: return on_read(*last);
    case stage::remove:
      if (last->status != 204) return failed{"remove: " + describe(*last)};
      return finished{};
  }
  return finished{};
}

step upload_job::request() {
  switch (stage_) {
    case stage::create:
      return exchange{kind::create, text_.create(*of_, which_.index, chunk_.length_bytes, which_.tells_total), {}, {}};
    case stage::append: {
      const std::uint64_t length = std::min(how_.patch_bytes, chunk_.length_bytes - offset_);
      sent_to_ = offset_ + length;
      return exchange{kind::patch,
                      text_.patch(path_, offset_, length),
                      slice{chunk_.stream, chunk_.offset_bytes + offset_, length},
                      {}};
    }
    case stage::ask: return exchange{kind::head, text_.head(path_), {}, {}};
    case stage::read: return exchange{kind::read, text_.get(path_), {}, chunk_};
    case stage::remove: return exchange{kind::remove, text_.remove(path_), {}, {}};
  }
  return finished{};
}

step upload_job::again(stage from, const answer& last) {
  const bool worth_it = last.status == 0 || last.status == 409 || last.status == 423 || last.status >= 500;
  if (tries_left_ == 0 || !worth_it) {
    constexpr std::string_view names[] = {"create", "patch", "head", "read", "remove"};
    return failed{fmt::format("{}: {}", names[static_cast<std::size_t>(stage_)], describe(last))};
  }
  const step wait = retry_pause(how_.retries - tries_left_);
  --tries_left_;
  count_retry();
  stage_ = from;
  return wait;
}

step upload_job::on_create(const answer& last) {
  if (last.status != 201) return again(stage::create, last);
  if (last.location.empty()) return failed{"create: 201 without Location"};
  path_ = path_of_location(last.location, text_.base());
  offset_ = last.upload_offset.value_or(0);
  if (offset_ > chunk_.length_bytes) return failed{"create: Upload-Offset past the length"};
  return go_on();
}

step upload_job::on_append(const answer& last) {
  if (last.status != 204) return again(stage::ask, last);
  if (!last.upload_offset) return failed{"patch: 204 without Upload-Offset"};
  if (*last.upload_offset <= offset_ || *last.upload_offset > sent_to_) {
    return failed{fmt::format("patch: sent {} to {}, told Upload-Offset {}", offset_, sent_to_, *last.upload_offset)};
  }
  acknowledge(*last.upload_offset - offset_);
  offset_ = *last.upload_offset;
  tries_left_ = how_.retries;
  return go_on();
}

step upload_job::on_ask(const answer& last) {
  if (last.status != 200) return again(stage::ask, last);
  if (!last.upload_offset) return failed{"head: 200 without Upload-Offset"};
  if (*last.upload_offset < offset_) {
    return failed{fmt::format("lost: acknowledged {} of chunk {}, now {}", offset_, which_.index, *last.upload_offset)};
  }
  if (*last.upload_offset > sent_to_) return failed{"head: Upload-Offset past what was sent"};
  acknowledge(*last.upload_offset - offset_);
  offset_ = *last.upload_offset;
  return go_on();
}

step upload_job::go_on() {
  if (offset_ == chunk_.length_bytes) return after_upload();
  stage_ = stage::append;
  return request();
}

step upload_job::after_upload() {
  if (how_.speak != protocol::tus || !(how_.verify || how_.remove)) return finished{};
  stage_ = how_.verify ? stage::read : stage::remove;
  return request();
}

step upload_job::on_read(const answer& last) {
  if (last.status != 200) return again(stage::read, last);
  if (last.differs_at) return failed{fmt::format("mismatch: {} differs at {}", of_->name(), *last.differs_at)};
  if (last.body_bytes != chunk_.length_bytes) {
    return failed{fmt::format("mismatch: {} has {} bytes, not {}", path_, last.body_bytes, chunk_.length_bytes)};
  }
  note_compared();
  if (!how_.remove) return finished{};
  stage_ = stage::remove;
  return request();
}

}  // namespace wf::load
