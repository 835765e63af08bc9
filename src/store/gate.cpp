#include "waveforge/store/gate.hpp"

namespace wf::store {

io::task<gate::pass> gate::enter() {
  for (;;) {
    const std::uint64_t seen = freed_.ticket();
    {
      const std::lock_guard lock{mutex_};
      if (!busy_) {
        busy_ = true;
        co_return pass{*this};
      }
    }
    co_await freed_.wait_uninterrupted(seen);
  }
}

void gate::leave() noexcept {
  {
    const std::lock_guard lock{mutex_};
    busy_ = false;
  }
  freed_.notify_all();
}

}  // namespace wf::store
