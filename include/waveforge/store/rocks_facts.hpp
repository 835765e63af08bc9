#pragma once

#include <memory>
#include <string>

#include "waveforge/base/log.hpp"
#include "waveforge/store/facts.hpp"

namespace wf::store {

enum class facts_access : std::uint8_t {
  owner,     ///< read and write; one process at a time
  observer,  ///< read beside a running owner, as of now (RocksDB secondary instance)
};

/// The facts in RocksDB below `path`, created when missing (owner). Memory and files are bounded. Errors say what to
/// do. `scratch`: for an observer, a directory for its own small files. `log`: where an owner tells that it took back
/// what a power cut had torn.
[[nodiscard]] result<std::unique_ptr<facts>> open_rocks_facts(const std::string& path, facts_access access,
                                                              const std::string& scratch = {}, logger* log = nullptr);

}  // namespace wf::store
