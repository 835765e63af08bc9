#pragma once

#include <span>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/server/options.hpp"

namespace wf::server {

enum class arity : std::uint8_t {
  flag,    ///< given or not
  one,     ///< a value, once
  several  ///< may be repeated
};

/// One option, said once: the command line, the environment, the config file, the help and the reference page are all
/// made from this.
struct declaration {
  std::string_view name;      ///< "--data-dir"; WAVEFORGE_DATA_DIR and data-dir follow from it
  std::string_view shape;     ///< what a value looks like: "ADDR:PORT|unix:PATH"
  std::string_view range;     ///< in words, unit included
  std::string_view fallback;  ///< the default, in words
  std::string_view purpose;   ///< what it does and why it is as it is; one or two sentences
  arity how{arity::one};
  /// Take one value. bad_request: a sentence that says what would be right.
  result<void> (*apply)(options& set, std::string_view value){nullptr};
};

[[nodiscard]] std::span<const declaration> declarations() noexcept;

/// Set what depends on other options, and refuse what contradicts itself. Called once, after every option was applied.
[[nodiscard]] result<void> finish(options& set);

}  // namespace wf::server
