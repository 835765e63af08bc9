#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <unordered_map>

#include "waveforge/store/facts.hpp"

namespace wf::store {

/// Rows of requests that still wait for the disk, and what may be written before them: anything of other sessions, and
/// of the same session what concerns other chunks only. A row of a session as a whole goes before or after none of its
/// chunks' rows. One thread.
class held_rows {
 public:
  /// Each row once for every time it is held.
  void hold(std::span<const fact_write> rows);
  void let_go(std::span<const fact_write> rows);
  /// Some of `rows` must not be written before a row that is held.
  [[nodiscard]] bool concern(std::span<const fact_write> rows) const;

 private:
  struct counts {
    std::size_t whole{0};  ///< rows of the session as a whole
    std::unordered_map<std::string, std::size_t> chunks{};
  };
  std::unordered_map<std::string, counts> sessions_;
};

}  // namespace wf::store
