#pragma once

#include <map>
#include <string>

#include "waveforge/store/facts.hpp"

namespace wf::test {

/// The facts as a map: what was applied is there, whether synced or not.
class memory_facts final : public store::facts {
 public:
  [[nodiscard]] result<void> apply(std::span<const store::fact_write> batch, bool sync) override {
    if (refuse_) return fail(*refuse_);
    for (const auto& row : batch) {
      if (row.value) {
        rows_[row.key] = *row.value;
      } else {
        rows_.erase(row.key);
      }
    }
    batches_ += 1;
    synced_ += sync ? 1U : 0U;
    return {};
  }
  [[nodiscard]] result<std::optional<std::string>> get(std::string_view key) override {
    const auto at = rows_.find(std::string{key});
    return at == rows_.end() ? std::optional<std::string>{} : std::optional{at->second};
  }
  [[nodiscard]] result<void> scan(std::string_view prefix, std::string_view from,
                                  const std::function<bool(std::string_view, std::string_view)>& each) override {
    const std::string begin{from < prefix ? prefix : from};
    for (auto at = rows_.lower_bound(begin); at != rows_.end() && at->first.starts_with(prefix); ++at) {
      if (!each(at->first, at->second)) break;
    }
    return {};
  }

  /// Later batches fail with this; nullopt: they do not.
  void refuse(std::optional<error> why) { refuse_ = std::move(why); }
  [[nodiscard]] const std::map<std::string, std::string>& all() const noexcept { return rows_; }
  [[nodiscard]] std::size_t batches() const noexcept { return batches_; }
  [[nodiscard]] std::size_t synced() const noexcept { return synced_; }

 private:
  std::map<std::string, std::string> rows_;
  std::optional<error> refuse_{};
  std::size_t batches_{0};
  std::size_t synced_{0};
};

}  // namespace wf::test
