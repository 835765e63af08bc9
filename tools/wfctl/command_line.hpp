#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "waveforge/session/expiry.hpp"
#include "wfctl/ls.hpp"

namespace wf::ctl {

enum class verb : std::uint8_t { ls, show, fsck, scrub, assemble, rm, gc, export_file };

/// What was asked for.
struct command {
  verb what{verb::ls};
  std::filesystem::path data_dir{"./uploaded_data"};
  bool json{false};
  std::string session{};                ///< empty for scrub: all of them
  std::vector<std::string> sessions{};  ///< of rm
  ls_options list{};
  bool brief{false};
  std::filesystem::path file{};
  bool force{false};
  bool repair{false};
  std::uint64_t bytes_per_s{0};
  bool dry_run{false};
  session::expiry_rules expiry{};
  bool forgotten_recordings{false};
  bool no_wait{false};
  std::optional<std::uint32_t> total{};
  std::string url{};
  std::string ca_file{};
};

/// Nothing: the page was printed, or the words were wrong and a sentence said so; then `exit_code` is what to end with.
[[nodiscard]] std::optional<command> parse_command_line(int count, const char* const* words, int& exit_code);

}  // namespace wf::ctl
