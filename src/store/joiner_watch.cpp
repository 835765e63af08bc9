#include "waveforge/base/limits.hpp"
#include "waveforge/store/joiner.hpp"
#include "waveforge/store/rows.hpp"

namespace wf::store {

namespace {

/// How often parts are looked at that say nothing by themselves, and a join that failed is tried again.
constexpr auto look_interval = std::chrono::seconds{10};

/// Trying again would end in the same.
bool is_final_refusal(errc code) noexcept {
  switch (code) {
    case errc::not_found:
    case errc::expired:
    case errc::cancelled:
    case errc::bad_request: return true;
    default: return false;
  }
}

}  // namespace

void joiner::watch(session::session_id id) {
  ring_.post([this, id = std::move(id)] {
    if (watched_ >= limits::joins_waiting_max) return;  // whoever asks for it later joins it
    if (work_.spawn(follow(id))) ++watched_;
  });
}

io::task<void> joiner::follow(session::session_id id) {
  while (!work_.closed()) {
    const auto outcome = co_await join(id, io::deadline::never());
    const auto found = co_await core_.sessions.find(id);
    if (!found) break;
    const std::shared_ptr<session_entry> entry = *found;
    id_list parts;
    std::uint64_t bytes = 0;
    {
      const std::lock_guard lock{entry->mutex};
      const session::chunk* one = entry->value.chunks.find(0);
      if (one == nullptr || one->complete()) break;
      parts = parts_of_final(one->concat);
      bytes = one->length_bytes.value_or(0);
    }
    if (work_.closed()) break;
    if (!outcome && is_final_refusal(outcome.error().code)) {
      give_up(entry, outcome.error());
      break;
    }
    if (!outcome) co_await pause(outcome.error().code, bytes);
    co_await await_parts(std::move(parts));
  }
  --watched_;
}

io::task<void> joiner::pause(errc why, std::uint64_t bytes) {
  do {
    (void)co_await io::sleep_until(ring_.after(look_interval));
  } while (why == errc::no_space && !work_.closed() && !core_.space.room_for(bytes));
}

io::task<void> joiner::await_parts(id_list parts) {
  for (const auto& part : parts) {
    while (!work_.closed()) {
      const auto found = co_await core_.sessions.find(part);
      if (!found) co_return;
      // Not held for longer than one look, so that a session nobody else uses can leave memory.
      const std::shared_ptr<session_entry> entry = *found;
      const std::uint64_t seen = entry->changed.ticket();
      {
        const std::lock_guard lock{entry->mutex};
        const session::chunk* one = entry->value.chunks.find(0);
        if (!entry->usable() || one == nullptr) co_return;  // the next try says what is wrong
        if (one->complete()) break;
      }
      (void)co_await entry->changed.wait(seen, ring_.after(look_interval));
    }
  }
}

void joiner::give_up(const std::shared_ptr<session_entry>& entry, const error& why) {
  core_.world.log.info("parts_not_joined", {{"upload", entry->id().text()}, {"why", std::string_view{why.detail}}});
  commit_request done;
  done.rows = {no_work_row(entry->id())};
  core_.commits.submit(std::move(done));
}

}  // namespace wf::store
