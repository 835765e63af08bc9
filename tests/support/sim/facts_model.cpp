#include "support/sim/facts_model.hpp"

namespace wf::sim {

void facts_log::crash(world& in, bool everything) {
  const std::size_t kept = everything ? batches.size() : synced + in.rng.below(batches.size() - synced + 1);
  if (kept < batches.size()) in.fired(fault::facts_lost);
  batches.resize(kept);
  synced = kept;
}

facts_model::facts_model(world& in, std::shared_ptr<facts_log> log, const bool& dead)
    : world_(in), log_(std::move(log)), dead_(dead) {
  for (const auto& batch : log_->batches) take(batch);
  // Opening moves what was in the log into a table that is synced (`avoid_flush_during_recovery` is off).
  log_->synced = log_->batches.size();
}

result<void> facts_model::alive() const {
  if (dead_) return fail(errc::io_failed, "the process is gone");
  return {};
}

void facts_model::take(std::span<const store::fact_write> batch) {
  for (const auto& [key, value] : batch) {
    if (value) {
      rows_[key] = *value;
    } else {
      rows_.erase(key);
    }
  }
}

result<void> facts_model::apply(std::span<const store::fact_write> batch, bool sync) {
  if (auto living = alive(); !living) return living;
  if (world_.happens(fault::facts_failed, facts_failure_parts)) {
    // As a log that could not be written on: the batch may be there at the next start, or not.
    if (world_.rng.coin()) log_->batches.emplace_back(batch.begin(), batch.end());
    return fail(errc::io_failed, "the log of the facts cannot be written");
  }
  log_->batches.emplace_back(batch.begin(), batch.end());
  take(batch);
  if (sync) log_->synced = log_->batches.size();
  world_.stir(batch.size());
  return {};
}

result<std::optional<std::string>> facts_model::get(std::string_view key) {
  if (auto living = alive(); !living) return fail(living.error());
  const auto found = rows_.find(key);
  if (found == rows_.end()) return std::optional<std::string>{};
  return std::optional{found->second};
}

result<void> facts_model::scan(std::string_view prefix, std::string_view from,
                               const std::function<bool(std::string_view, std::string_view)>& each) {
  if (auto living = alive(); !living) return living;
  for (auto at = rows_.lower_bound(from); at != rows_.end() && at->first.starts_with(prefix); ++at) {
    if (!each(at->first, at->second)) break;
  }
  return {};
}

}  // namespace wf::sim
