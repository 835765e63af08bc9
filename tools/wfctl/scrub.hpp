#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wfctl/console.hpp"
#include "wfctl/data_dir.hpp"

namespace wf::ctl {

enum class scrub_verdict : std::uint8_t {
  good,      ///< the bytes have the digest they were finished with
  readable,  ///< every byte could be read; no digest is known to compare with
  differs,   ///< other bytes than it was finished with
  wrong_size,
  unreadable,  ///< missing, or the disk does not give it
};
[[nodiscard]] std::string_view name_of(scrub_verdict value) noexcept;
[[nodiscard]] constexpr bool is_bad(scrub_verdict value) noexcept {
  return value >= scrub_verdict::differs;
}

struct scrubbed {
  std::string session{};
  std::string file{};  ///< below the data dir
  scrub_verdict verdict{scrub_verdict::good};
  std::uint64_t bytes{0};
  std::string sha256{};  ///< of what was read
  std::string detail{};
};

struct scrub_report {
  std::vector<scrubbed> recordings{};
  std::uint64_t bytes{0};
  [[nodiscard]] std::uint64_t count(scrub_verdict verdict) const;
  [[nodiscard]] bool good() const;
};

/// Reads every finished recording, or the one, from the disk itself and compares it with the digests that are known:
/// the sha256 or the crc32c of each chunk, from the facts, else from recording.meta. Beside a running server too.
/// `bytes_per_s`: no faster than this; 0: as fast as it goes.
[[nodiscard]] result<scrub_report> scrub(const data_dir& dir, const std::optional<session::session_id>& only,
                                         std::uint64_t bytes_per_s, const console& to);
/// `all`: the good ones too.
[[nodiscard]] std::string scrub_text(const scrub_report& what, bool all, const look& with);
[[nodiscard]] std::string scrub_json(const scrub_report& what, const data_dir& dir);

}  // namespace wf::ctl
