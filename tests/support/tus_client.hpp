#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/raw_client.hpp"

namespace wf::test {

/// What GET /files/{sid}/status says.
struct session_status {
  int http_status{0};
  std::string state{};
  std::optional<std::uint64_t> total_chunks{};
  std::uint64_t uploaded_chunks{0};
  std::uint64_t bytes_received{0};
  std::vector<std::uint64_t> missing_chunks{};
  std::map<std::uint64_t, std::uint64_t> partial_chunks{};  ///< offset by index
  std::string error{};                                      ///< why it is failed or damaged
};

/// The session API over one kept connection, which is made again when the server has closed it. Answers are returned as
/// they are; only transport trouble throws.
class tus_client {
 public:
  explicit tus_client(std::uint16_t port) : port_{port} {}

  /// Sends a request with Host and, when there is a body, Content-Length added. `fields` are whole lines with CR LF.
  [[nodiscard]] answer request(std::string_view method, std::string_view path, std::string_view fields = {},
                               std::span<const std::byte> body = {}, const raw_client::sink& sink = {});

  struct creation {
    std::uint32_t index{0};
    std::uint64_t length_bytes{0};
    std::optional<std::uint64_t> chunk_bytes{};   ///< chunkSize
    std::optional<std::uint32_t> total_chunks{};  ///< totalChunks
    std::string format{"audio/webm"};
  };
  [[nodiscard]] answer create(const std::string& session, const creation& what);
  [[nodiscard]] answer patch(const std::string& path, std::uint64_t offset_bytes, std::span<const std::byte> bytes);
  [[nodiscard]] answer head(const std::string& path);
  /// POST, then PATCHes of at most `patch_bytes`. Throws unless each is answered as it should be.
  void upload(const std::string& session, const creation& what, std::span<const std::byte> bytes,
              std::uint64_t patch_bytes);
  [[nodiscard]] session_status status(const std::string& session);
  /// Asks for the status until it says `state`; throws after `within`.
  void wait_for_state(const std::string& session, std::string_view state,
                      std::chrono::milliseconds within = std::chrono::seconds{60});
  /// SHA-256 of GET …/recording; throws unless it is a 200.
  [[nodiscard]] std::string recording_sha256(const std::string& session);

 private:
  std::uint16_t port_;
  std::optional<raw_client> connection_{};
};

[[nodiscard]] std::string chunk_path(const std::string& session, std::uint32_t index);
/// Upload-Metadata of a creation.
[[nodiscard]] std::string metadata_of(const tus_client::creation& what);

}  // namespace wf::test
