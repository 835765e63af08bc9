#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace wf::test {

/// SHA-256 of bytes that come in pieces.
class sha256 {
 public:
  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;
  void add(std::span<const std::byte> bytes);
  /// Lower-case hex; call once.
  [[nodiscard]] std::string hex();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

[[nodiscard]] std::string sha256_of(std::span<const std::byte> bytes);
/// Of a file; throws if it cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace wf::test
