#include "wfload/put_job.hpp"

#include <fmt/format.h>

#include "wfload/upload_job.hpp"

namespace wf::load {

put_job::put_job(const options& how, const request_text& text, std::shared_ptr<const recording> of, std::uint32_t index)
    : job{of->number(), kind::chunk},
      how_{how},
      text_{text},
      of_{std::move(of)},
      chunk_{of_->chunk(index)},
      path_{text.put_path(*of_, index)} {}

put_job::put_job(const options& how, const put_job& sent)
    : job{sent.recording_number(), kind::read},
      how_{how},
      text_{sent.text_},
      of_{sent.of_},
      chunk_{sent.chunk_},
      path_{sent.path_},
      stage_{stage::put_before} {}

std::unique_ptr<job> put_job::check(const options& how) const {
  if (unit() != kind::chunk) return nullptr;
  return std::unique_ptr<job>{new put_job{how, *this}};
}

step put_job::next(const answer* last) {
  if (stage_ == stage::put_before) return after_put();
  if (last == nullptr || stage_ == stage::start) {
    stage_ = stage::put;
    return exchange{kind::put, text_.put(path_, chunk_.length_bytes), chunk_, {}};
  }
  const bool good = last->status >= 200 && last->status < 300;
  switch (stage_) {
    case stage::put:
      if (!good) return failed{"put: " + describe(*last)};
      acknowledge(chunk_.length_bytes);
      return after_put();
    case stage::read:
      if (last->status != 200) return failed{"read: " + describe(*last)};
      if (last->differs_at) return failed{fmt::format("mismatch: {} differs at {}", path_, *last->differs_at)};
      if (last->body_bytes != chunk_.length_bytes) return failed{"mismatch: " + path_ + " has another length"};
      note_compared();
      return how_.remove ? delete_it() : step{finished{}};
    default:
      if (!good) return failed{"remove: " + describe(*last)};
      return finished{};
  }
}

step put_job::after_put() {
  if (how_.verify) {
    stage_ = stage::read;
    return exchange{kind::read, text_.get(path_), {}, chunk_};
  }
  return how_.remove ? delete_it() : step{finished{}};
}

step put_job::delete_it() {
  stage_ = stage::remove;
  return exchange{kind::remove, text_.remove(path_), {}, {}};
}

}  // namespace wf::load
