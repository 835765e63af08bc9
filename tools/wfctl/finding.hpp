#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "waveforge/store/facts.hpp"

namespace wf::ctl {

enum class weight : std::uint8_t {
  note,      ///< worth knowing; nothing is wrong
  leftover,  ///< takes room and holds nothing anybody was promised: what a crash leaves
  damage,    ///< facts and files disagree, or something cannot be read
};
[[nodiscard]] std::string_view name_of(weight value) noexcept;

/// What --repair does about a finding. Nothing set: nothing, and `why_not` says why.
struct mending {
  std::string says{};                           ///< "remove the file", for people
  std::vector<store::fact_write> rows_first{};  ///< on the disk before a file is touched
  std::vector<store::fact_write> rows{};        ///< after that
  std::vector<std::string> remove{};            ///< paths below the data dir, with everything in them
  bool rewrite_manifest{false};
  [[nodiscard]] bool possible() const noexcept {
    return !rows_first.empty() || !rows.empty() || !remove.empty() || rewrite_manifest;
  }
};

/// One thing that is not as it should be.
struct finding {
  weight how_bad{weight::damage};
  std::string session{};   ///< as wfctl names it; empty when it is about no session
  std::string what{};      ///< stable word for programs: "recording_missing"
  std::string detail{};    ///< a sentence for people
  std::uint64_t bytes{0};  ///< room it takes, of leftovers
  mending cure{};
  bool mended{false};
  std::string orphan{};  ///< below the data dir: a directory or file no fact speaks of, which only gc removes
};

}  // namespace wf::ctl
