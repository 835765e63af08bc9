#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "waveforge/base/result.hpp"

namespace wf::store {

/// One row to write; nullopt removes it.
struct fact_write {
  std::string key{};
  std::optional<std::string> value{};
};

/// Everything accepted about every session, as rows. A batch is atomic; batches survive in the order in which they were
/// applied: after a crash of the machine some prefix of them is there, never less than up to the last synced one.
/// Calls block on the disk: apply() belongs to the committer's thread, the others to the reader's.
class facts {
 public:
  virtual ~facts() = default;
  /// `sync`: on return this batch and all before it are on stable storage.
  [[nodiscard]] virtual result<void> apply(std::span<const fact_write> batch, bool sync) = 0;
  /// nullopt: no such row.
  [[nodiscard]] virtual result<std::optional<std::string>> get(std::string_view key) = 0;
  /// Rows whose key starts with `prefix`, from `from` on (inclusive), in order, until `each` returns false.
  [[nodiscard]] virtual result<void> scan(std::string_view prefix, std::string_view from,
                                          const std::function<bool(std::string_view, std::string_view)>& each) = 0;
};

}  // namespace wf::store
