#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace limit {

/// One file a session, its chunks at their final places.
struct segment {
  int plain{-1};
  int direct{-1};
  std::uint64_t stride{0};
  std::uint64_t allocated{0};
  std::uint64_t length{0};  ///< end of what was written
  std::unordered_map<std::uint64_t, std::uint64_t> chunk_bytes{};
  std::string path{};

  segment() = default;
  ~segment();
  segment(const segment&) = delete;
  segment& operator=(const segment&) = delete;
};

class segments {
 public:
  /// `directory` empty: nothing is stored.
  explicit segments(std::string directory) : directory_{std::move(directory)} {}

  /// Opens or makes the session's file. Ends the program where that fails: a floor has no error path.
  [[nodiscard]] segment& of(std::string_view session);
  [[nodiscard]] segment* find(std::string_view session);
  void remove(std::string_view session);
  /// Reserves blocks up to `end`, in steps of 16 MiB; the size grows with them, so that direct writes stay in bounds.
  void reserve(segment& one, std::uint64_t end) const;
  /// The size becomes what was written.
  void finish(segment& one) const;

 private:
  std::string directory_;
  std::unordered_map<std::string, std::unique_ptr<segment>> known_;
};

/// Says why and ends the program.
[[noreturn]] void give_up(const char* doing, int error_number);

}  // namespace limit
