#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/server_process.hpp"
#include "support/sha256.hpp"
#include "support/temp_dir.hpp"
#include "support/tus_client.hpp"
#include "wfload/payload.hpp"
#include "wfload/session_name.hpp"

namespace wf::test {

/// Bytes of a recording that exists only for a test, and their digest.
struct material {
  std::vector<std::byte> bytes{};
  std::string sha256{};

  explicit material(std::size_t size, std::uint64_t seed = 1) : bytes(size) {
    load::payload{seed}.fill(0, 0, bytes);
    sha256 = sha256_of(bytes);
  }
  [[nodiscard]] std::span<const std::byte> part(std::uint64_t offset, std::uint64_t length) const {
    return std::span{bytes}.subspan(offset, std::min<std::uint64_t>(length, bytes.size() - offset));
  }
};

/// A session id of its own for the n-th recording of a test.
[[nodiscard]] inline std::string session_of(std::uint64_t number) {
  return load::session_name(0xe2e, number);
}

/// Sends `all` in chunks of `chunk_bytes` in the order of `indices`; the total goes with the last one sent.
inline void upload_all(tus_client& to, const std::string& session, const material& all, std::uint64_t chunk_bytes,
                       const std::vector<std::uint32_t>& indices, std::uint64_t patch_bytes) {
  for (const std::uint32_t index : indices) {
    const auto piece = all.part(index * chunk_bytes, chunk_bytes);
    tus_client::creation what{index, piece.size(), chunk_bytes};
    if (index == indices.back()) what.total_chunks = static_cast<std::uint32_t>(indices.size());
    to.upload(session, what, piece, patch_bytes);
  }
}

/// 0 … count - 1 in an order that follows from `seed`.
[[nodiscard]] inline std::vector<std::uint32_t> shuffled(std::uint32_t count, std::uint64_t seed) {
  std::vector<std::uint32_t> order(count);
  for (std::uint32_t at = 0; at < count; ++at) order[at] = at;
  for (std::uint32_t left = count; left > 1; --left) std::swap(order[left - 1], order[load::mix(seed, left) % left]);
  return order;
}

}  // namespace wf::test
