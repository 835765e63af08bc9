#include "wfload/finish_job.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "wfload/upload_job.hpp"

namespace wf::load {
namespace {

// An assembly that copies gigabytes on a slow disk takes this long; one that takes longer is stuck.
constexpr std::chrono::milliseconds assembly_wait_max{120'000};
constexpr std::chrono::milliseconds poll_wait_max{250};

}  // namespace

std::string_view json_string(std::string_view text, std::string_view name) noexcept {
  const auto skip_space = [&](std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) ++at;
    return at;
  };
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t after = at + name.size();
    if (at == 0 || text[at - 1] != '"' || after >= text.size() || text[after] != '"') continue;
    std::size_t value = skip_space(after + 1);
    if (value >= text.size() || text[value] != ':') continue;
    value = skip_space(value + 1);
    if (value >= text.size() || text[value] != '"') return {};
    const std::size_t end = text.find('"', value + 1);
    return end == std::string_view::npos ? std::string_view{} : text.substr(value + 1, end - value - 1);
  }
  return {};
}

finish_job::finish_job(const options& how, const request_text& text, std::shared_ptr<const recording> of)
    : job{of->number(), kind::recording},
      how_{how},
      text_{text},
      of_{std::move(of)},
      stage_{how.total == total_told::assemble ? stage::assemble : stage::status} {}

finish_job::finish_job(const options& how, const finish_job& sent)
    : job{sent.recording_number(), kind::read},
      how_{how},
      text_{sent.text_},
      of_{sent.of_},
      stage_{how.verify ? stage::read : stage::remove} {}

std::unique_ptr<job> finish_job::check(const options& how) const {
  if (unit() != kind::recording) return nullptr;
  return std::unique_ptr<job>{new finish_job{how, *this}};
}

step finish_job::next(const answer* last) {
  if (last == nullptr) return request();
  switch (stage_) {
    case stage::assemble:
      if (last->status != 200 && last->status != 202) return again(*last);
      return enter(stage::status);
    case stage::status: return on_status(*last);
    case stage::read: return on_read(*last);
    case stage::remove:
      if (last->status != 204) return again(*last);
      return finished{};
  }
  return finished{};
}

step finish_job::enter(stage next) {
  stage_ = next;
  return request();
}

step finish_job::request() {
  switch (stage_) {
    case stage::assemble: return exchange{kind::assemble, text_.assemble(*of_, of_->chunks()), {}, {}};
    case stage::status: return exchange{kind::status, text_.get(text_.session_path(*of_) + "/status"), {}, {}};
    case stage::read:
      return exchange{kind::read,
                      text_.get(text_.session_path(*of_) + "/recording"),
                      {},
                      slice{of_->number(), 0, of_->size_bytes()}};
    case stage::remove: return exchange{kind::remove, text_.remove(text_.session_path(*of_)), {}, {}};
  }
  return finished{};
}

step finish_job::again(const answer& last) {
  const bool worth_it = last.status == 0 || last.status == 423 || last.status >= 500;
  if (!worth_it || retries() >= how_.retries) {
    constexpr std::string_view names[] = {"assemble", "status", "read", "remove"};
    return failed{fmt::format("{}: {}", names[static_cast<std::size_t>(stage_)], describe(last))};
  }
  const step wait = retry_pause(retries());
  count_retry();
  return wait;
}

step finish_job::on_status(const answer& last) {
  if (last.status != 200) return again(last);
  const std::string_view state = json_string(last.text, "state");
  if (state == "assembled") {
    if (how_.verify) return enter(stage::read);
    return how_.remove ? enter(stage::remove) : step{finished{}};
  }
  if (state == "open" || state == "sealed" || state == "assembling") return wait_and_look();
  return failed{fmt::format("status: state \"{}\"", state)};
}

step finish_job::wait_and_look() {
  if (waited_ >= assembly_wait_max) return failed{"status: not assembled after two minutes"};
  const pause wait{next_wait_};
  waited_ += next_wait_;
  next_wait_ = std::min(next_wait_ * 2, poll_wait_max);
  return wait;
}

step finish_job::on_read(const answer& last) {
  if (last.status != 200) return again(last);
  if (last.differs_at) return failed{fmt::format("mismatch: {} differs at {}", of_->name(), *last.differs_at)};
  if (last.body_bytes != of_->size_bytes()) {
    return failed{fmt::format("mismatch: {} has {} bytes, not {}", of_->name(), last.body_bytes, of_->size_bytes())};
  }
  note_compared();
  return how_.remove ? enter(stage::remove) : step{finished{}};
}

}  // namespace wf::load
