#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limit {

enum class verb : std::uint8_t { post, patch, get, head, remove, other };

/// As much of a request as the loops look at. Views point into the head's bytes.
struct request {
  verb what{verb::other};
  std::string_view session{};  ///< the path's second part: /files/{session}/…
  std::string_view rest{};     ///< what follows it, with its slash
  std::uint64_t content_length{0};
  std::uint64_t upload_offset{0};
  std::uint64_t upload_length{0};
  std::uint64_t chunk_index{0};
  std::uint64_t chunk_size{0};
  std::size_t head_bytes{0};
};

/// The request whose head starts at the first byte; nothing while the empty line is missing.
[[nodiscard]] std::optional<request> read_request(std::string_view bytes);

}  // namespace limit
