#pragma once

#include <string>

#include "waveforge/server/options.hpp"

namespace wf::server {

/// What the command line asked for.
struct command {
  enum class kind : std::uint8_t {
    serve,  ///< run with `set`
    print,  ///< `text` to standard output, exit 0
    refuse  ///< `text`, one line, to standard error, exit 2
  };
  kind what{kind::refuse};
  options set{};
  std::string text{};
};

/// Reads the command line, the environment (WAVEFORGE_…) and the config file (--config; TOML or INI), in this order of
/// precedence. Start-up only.
[[nodiscard]] command read_command_line(int argc, const char* const* argv);

/// docs/options.md.
[[nodiscard]] std::string options_page();

}  // namespace wf::server
