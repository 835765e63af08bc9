#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "waveforge/base/clock.hpp"
#include "waveforge/session/session_id.hpp"

namespace wf::store {

/// Sessions whose recording could not be put together, and when each is tried again: after a pause that doubles with
/// every failure in a row, or, for want of room, as soon as there is room. Only their names are kept, so that a disk
/// that was full for a day does not hold them all in memory. One thread's at a time.
class failed_assemblies {
 public:
  /// `room_bytes` is what it must have to be worth a try; nullopt: it did not fail for want of room. False: so many
  /// have failed that this one is left out.
  bool add(const session::session_id& id, std::optional<std::uint64_t> room_bytes, steady_time now);
  /// It is put together, or nobody wants it any more.
  void forget(const session::session_id& id);
  /// It was due and could not even be begun: the same pause once more.
  void put_back(const session::session_id& id, steady_time now);
  /// Those whose time has come; they wait no longer and are to be tried.
  [[nodiscard]] std::vector<session::session_id> take_due(steady_time now,
                                                          const std::function<bool(std::uint64_t)>& has_room);
  [[nodiscard]] bool waits(const session::session_id& id) const;
  /// More than half full.
  [[nodiscard]] bool is_crowded() const noexcept;
  /// Some failed assembly is not here, and will have to be looked for.
  void leave_out() noexcept { left_out_ = true; }
  /// Since it was asked last, one was left out; told when there is room for it.
  [[nodiscard]] bool take_left_out() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

 private:
  struct one {
    std::uint32_t failures{0};
    std::optional<std::uint64_t> room_bytes{};
    steady_time again_at{};
    bool waiting{true};
  };

  std::unordered_map<session::session_id, one> all_;
  bool left_out_{false};
};

}  // namespace wf::store
