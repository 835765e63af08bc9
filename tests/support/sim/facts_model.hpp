#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/sim/world.hpp"
#include "waveforge/store/facts.hpp"

namespace wf::sim {

/// What a database of facts leaves on the disk: every batch ever applied, in order, and how many of them a sync covers.
struct facts_log {
  std::vector<std::vector<store::fact_write>> batches{};
  std::size_t synced{0};

  /// After a crash some prefix is there, never less than what was synced.
  void crash(world& in, bool everything);
};

/// The facts of one process over a log. Dead from `kill()` on: every call fails and leaves no trace.
class facts_model final : public store::facts {
 public:
  facts_model(world& in, std::shared_ptr<facts_log> log, const bool& dead);

  std::uint64_t facts_failure_parts{0};  ///< parts of a million of the batches that fail

  [[nodiscard]] result<void> apply(std::span<const store::fact_write> batch, bool sync) override;
  [[nodiscard]] result<std::optional<std::string>> get(std::string_view key) override;
  [[nodiscard]] result<void> scan(std::string_view prefix, std::string_view from,
                                  const std::function<bool(std::string_view, std::string_view)>& each) override;

 private:
  [[nodiscard]] result<void> alive() const;
  void take(std::span<const store::fact_write> batch);

  world& world_;
  std::shared_ptr<facts_log> log_;
  const bool& dead_;
  std::map<std::string, std::string, std::less<>> rows_;
};

}  // namespace wf::sim
