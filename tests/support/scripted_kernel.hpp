#pragma once

#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "waveforge/base/check.hpp"
#include "waveforge/io/kernel.hpp"

namespace wf::test {

/// A kernel whose answers the test writes. Descriptors are numbers from 100; what is not scripted is refused.
class scripted_kernel final : public io::kernel {
 public:
  // --- what the test says ---
  std::deque<std::int32_t> splices{};   ///< results of splice_now, in order; then -EAGAIN
  std::deque<std::int32_t> receives{};  ///< results of recv_now, in order; then -EAGAIN
  std::deque<std::uint32_t> unsent{};   ///< results of unsent_bytes, in order; then 0
  std::size_t pipes_max{SIZE_MAX};      ///< more than this many at a time: EMFILE
  std::uint32_t pipe_bytes_given{1U << 20U};

  // --- what the test may look at ---
  std::set<int> open_descriptors{};
  std::vector<std::uint32_t> low_waters{};  ///< as they were set

  result<std::unique_ptr<io::ring_backend>> make_ring(unsigned) override { return refused(); }
  void close(int fd) noexcept override { open_descriptors.erase(fd); }
  result<int> listen(std::string_view, bool) override { return refused(); }
  result<std::string> local_address(int) override { return refused(); }
  io::peer_address peer_of(int) noexcept override { return {}; }
  void set_no_delay(int) noexcept override {}
  void stop_receiving(int) noexcept override {}
  void set_receive_low_water(int, std::uint32_t bytes) noexcept override { low_waters.push_back(bytes); }
  std::uint32_t readable_bytes(int) noexcept override { return 0; }
  std::uint32_t unsent_bytes(int) noexcept override {
    if (unsent.empty()) return 0;
    const std::uint32_t bytes = unsent.front();
    unsent.pop_front();
    return bytes;
  }
  result<std::pair<int, int>> make_pipe(std::uint32_t) override {
    if (open_descriptors.size() / 2 >= pipes_max) return fail(os_error(EMFILE, "make a pipe"));
    const std::pair made{next_, next_ + 1};
    next_ += 2;
    open_descriptors.insert(made.first);
    open_descriptors.insert(made.second);
    return made;
  }
  std::uint32_t pipe_bytes(int) noexcept override { return pipe_bytes_given; }
  std::int32_t splice_now(int, int, std::uint32_t size) noexcept override { return next_of(splices, size); }
  std::int32_t recv_now(int, std::span<std::byte> into) noexcept override {
    return next_of(receives, static_cast<std::uint32_t>(into.size()));
  }
  std::int32_t send_now(int, std::span<const std::byte>) noexcept override { return -EAGAIN; }
  result<int> open_root(const std::string&) override { return refused(); }
  result<io::file_system_facts> file_system_of(int) override { return refused(); }
  result<io::space> space_of(int) noexcept override { return refused(); }
  std::string boot_id() override { return "scripted"; }
  result<bool> try_lock(int) override { return refused(); }

 private:
  static tl::unexpected<error> refused() { return fail(os_error(ENOSYS, "ask a scripted kernel")); }
  static std::int32_t next_of(std::deque<std::int32_t>& script, std::uint32_t asked) {
    if (script.empty()) return -EAGAIN;
    const std::int32_t value = script.front();
    script.pop_front();
    WF_CHECK(value <= static_cast<std::int64_t>(asked));
    return value;
  }

  int next_{100};
};

}  // namespace wf::test
