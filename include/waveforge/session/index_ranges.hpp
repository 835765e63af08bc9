#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wf::session {

/// Indices of chunks in ascending order, kept as runs: a million of them that follow each other take no more memory
/// than one, and who may name them is a stranger. Pure.
class index_ranges {
 public:
  struct run {
    std::uint32_t first{0};
    std::uint32_t end{0};  ///< one past the last
    [[nodiscard]] bool operator==(const run&) const = default;
  };

  /// `first` … `end` - 1, none of which is below what was added before. Nothing when there are none.
  void add(std::uint32_t first, std::uint32_t end);
  /// Drop those from `end` on.
  void cut(std::uint32_t end);

  [[nodiscard]] const std::vector<run>& runs() const noexcept { return runs_; }
  [[nodiscard]] bool empty() const noexcept { return runs_.empty(); }
  /// How many indices there are.
  [[nodiscard]] std::size_t size() const noexcept;
  /// Those that are not in `others`.
  [[nodiscard]] index_ranges without(const index_ranges& others) const;
  /// The first `most` of them, one by one.
  [[nodiscard]] std::vector<std::uint32_t> first(std::size_t most = SIZE_MAX) const;

  [[nodiscard]] bool operator==(const index_ranges&) const = default;

 private:
  std::vector<run> runs_;
};

}  // namespace wf::session
