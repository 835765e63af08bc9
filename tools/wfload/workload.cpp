#include "wfload/workload.hpp"

#include "wfload/finish_job.hpp"
#include "wfload/put_job.hpp"
#include "wfload/upload_job.hpp"

namespace wf::load {

workload::workload(const options& how, const request_text& text, std::uint32_t open_max,
                   std::atomic<std::uint64_t>& recordings_begun)
    : how_{how}, text_{text}, open_max_{open_max}, begun_{recordings_begun}, end_{how.recordings} {}

bool workload::open_one() {
  const std::uint64_t number = begun_.fetch_add(1, std::memory_order_relaxed);
  if (how_.recordings != 0 && number >= end_) return false;
  open_.emplace(number, entry{std::make_shared<recording>(how_, number)});
  with_chunks_.push_back(number);
  return true;
}

std::unique_ptr<job> workload::take_finish() {
  if (to_finish_.empty()) return nullptr;
  entry& one = open_.at(to_finish_.front());
  to_finish_.pop_front();
  return std::make_unique<finish_job>(how_, text_, one.what);
}

std::unique_ptr<job> workload::take_check() {
  if (checks_.empty()) return nullptr;
  auto one = std::move(checks_.front());
  checks_.pop_front();
  return one;
}

std::unique_ptr<job> workload::take_chunk(growth allowed) {
  if (allowed != growth::close) {
    while (open_.size() < open_max_ && open_one()) {
    }
  }
  if (with_chunks_.empty() && !(allowed == growth::grow && open_one())) return nullptr;
  const std::uint64_t number = with_chunks_.front();
  with_chunks_.pop_front();
  entry& one = open_.at(number);
  const auto which = one.what->take();
  if (!which) return nullptr;
  ++one.in_flight;
  if (!one.what->all_taken()) with_chunks_.push_back(number);
  if (how_.speak == protocol::put) return std::make_unique<put_job>(how_, text_, one.what, which->index);
  return std::make_unique<upload_job>(how_, text_, one.what, *which);
}

bool workload::verifies_recording(const job& which) {
  if (!which.compared()) return false;
  if (how_.speak == protocol::session) return true;
  const auto at = chunks_compared_.try_emplace(which.recording_number(), 0U).first;
  if (++at->second < how_.chunks_per_recording) return false;
  chunks_compared_.erase(at);
  return true;
}

workload::outcome workload::ended(const job& which, bool well) {
  if (well && checks_as_ != nullptr) {
    if (auto later = which.check(*checks_as_)) checks_.push_back(std::move(later));
  }
  const auto at = open_.find(which.recording_number());
  if (at == open_.end()) return outcome::nothing;
  entry& one = at->second;
  if (which.unit() == kind::recording) {
    open_.erase(at);
    return well ? outcome::recording_done : outcome::nothing;
  }
  --one.in_flight;
  ++one.done;
  if (!well && !one.broken) {
    one.broken = true;
    std::erase(with_chunks_, which.recording_number());
  }
  if (one.broken) {
    if (one.in_flight == 0) open_.erase(at);
    return outcome::nothing;
  }
  if (one.done < one.what->chunks()) return outcome::nothing;
  if (how_.speak == protocol::session && how_.total != total_told::never) {
    to_finish_.push_back(which.recording_number());
    return outcome::nothing;
  }
  open_.erase(at);
  return outcome::recording_done;
}

}  // namespace wf::load
