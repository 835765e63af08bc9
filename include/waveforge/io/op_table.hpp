#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "waveforge/base/unique_function.hpp"
#include "waveforge/io/operation.hpp"

namespace wf::io {

/// The slots of one ring. A slot owns an operation, and with it everything the kernel may touch, from open() until the
/// last completion was taken; then its generation moves on, so that an id of before finds nothing. Slots never move.
/// One thread.
///
///   open ──► in_kernel ──completed(last)──► delivered ──close──► free, generation + 1
class op_table {
 public:
  using callback = unique_function<void(std::int32_t)>;

  struct slot {
    operation op{};
    callback done{};
    std::uint32_t generation{1};  // 0 is never used: a default op_id names nothing
    std::uint32_t next_free{0};
    bool taken{false};
    bool in_kernel{false};  ///< the backend, or whoever completes an external wait, has yet to answer
    bool external{false};
    bool cancel_sent{false};
    bool timed_out{false};
  };

  explicit op_table(std::uint32_t slots_max) noexcept : slots_max_(slots_max) {}

  /// nullopt: all slots are taken, and `op` and `done` are untouched.
  [[nodiscard]] std::optional<op_id> open(operation&& op, callback&& done, bool external);
  /// Null when the id is of an earlier generation, or its operation was delivered already.
  [[nodiscard]] slot* waiting(op_id id) noexcept;
  /// The same by slot alone, with the id it has now.
  [[nodiscard]] std::pair<op_id, slot*> waiting_at(std::uint32_t index) noexcept;
  /// Of an open operation, delivered or not.
  [[nodiscard]] slot& at(op_id id) noexcept;
  /// The last completion was delivered: hands `done` out and frees the slot with all it owned.
  [[nodiscard]] callback close(op_id id) noexcept;

  [[nodiscard]] std::size_t open_count() const noexcept { return open_count_; }

 private:
  static constexpr std::uint32_t block_slots = 256;
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  using block = std::array<slot, block_slots>;

  [[nodiscard]] slot& slot_at(std::uint32_t index) noexcept {
    return (*blocks_[index / block_slots])[index % block_slots];
  }

  std::vector<std::unique_ptr<block>> blocks_;
  std::uint32_t slots_max_;
  std::uint32_t slots_made_{0};
  std::uint32_t first_free_{none};
  std::size_t open_count_{0};
};

}  // namespace wf::io
