#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/sim/disk.hpp"
#include "support/sim/network.hpp"
#include "waveforge/io/kernel.hpp"

namespace wf::sim {

class ring_state;

/// Bytes between two ends of a pipe(2).
struct pipe_bytes {
  byte_queue bytes{};
  std::uint32_t capacity{65'536};
  bool reader_gone{false};
};

/// What a descriptor names.
struct handle {
  node_ref node{};
  bool direct{false};
  link_ref line{};
  std::shared_ptr<network::backlog> backlog{};
  std::shared_ptr<pipe_bytes> pipe{};
};
using handle_ref = std::shared_ptr<handle>;

/// How often operations of a process fail by themselves, in parts of a million.
struct operation_odds {
  std::uint64_t eio{0};
  std::uint64_t sync_fails{0};
  std::uint64_t sync_lies{0};
  std::uint64_t short_transfer{0};
  std::uint64_t interrupted{0};
  std::uint64_t no_descriptors{0};
  std::uint64_t slow{0};
};

/// The machine a server runs on: outlives its processes.
struct machine {
  explicit machine(world& in, std::uint64_t disk_bytes) : all(in), files(in, disk_bytes), net(in) {}
  world& all;
  disk files;
  network net;
  operation_odds odds{};
  int boots{1};
  std::uint64_t syncs_failed{0};  ///< syncs that said so and forgot what they should have written
  int processes{0};
};

/// One process: descriptors and rings. The simulated io::kernel. Once dead, everything fails and nothing it does
/// reaches the disk or the network any more.
class process final : public io::kernel {
 public:
  explicit process(machine& on);
  ~process() override;

  // --- what the simulator does with it ---
  void die();
  [[nodiscard]] bool dead() const noexcept { return dead_; }
  [[nodiscard]] const bool& death() const noexcept { return dead_; }
  [[nodiscard]] machine& on() const noexcept { return machine_; }
  [[nodiscard]] std::size_t descriptors_open() const noexcept;
  [[nodiscard]] std::string describe_open() const;
  [[nodiscard]] handle_ref at(int fd) const noexcept;
  [[nodiscard]] int add(handle_ref what);
  /// Operations started so far, and the one that is to fail with `error` (fail-every-operation).
  std::uint64_t operations_started{0};
  std::uint64_t fail_number{0};
  std::int32_t fail_value{0};
  std::vector<io::op_kind>* operation_kinds{nullptr};  ///< if given: of each operation started
  /// Writes of this process that the kernel has not carried out yet, for a crash to decide about.
  [[nodiscard]] const std::vector<std::weak_ptr<ring_state>>& rings() const noexcept { return rings_; }

  // --- io::kernel ---
  result<std::unique_ptr<io::ring_backend>> make_ring(unsigned entries) override;
  void close(int fd) noexcept override;
  result<int> listen(std::string_view address, bool reuse_port) override;
  result<std::string> local_address(int) override { return std::string{"127.0.0.1:80"}; }
  io::peer_address peer_of(int) noexcept override;
  void set_no_delay(int) noexcept override {}
  void stop_receiving(int fd) noexcept override;
  void set_receive_low_water(int fd, std::uint32_t bytes) noexcept override;
  std::uint32_t readable_bytes(int fd) noexcept override;
  std::uint32_t unsent_bytes(int fd) noexcept override;
  result<std::pair<int, int>> make_pipe(std::uint32_t bytes) override;
  std::uint32_t pipe_bytes(int fd) noexcept override;
  std::int32_t splice_now(int from, int to, std::uint32_t size) noexcept override;
  std::int32_t recv_now(int fd, std::span<std::byte> into) noexcept override;
  std::int32_t send_now(int fd, std::span<const std::byte> from) noexcept override;
  result<int> open_root(const std::string& path) override;
  result<io::file_system_facts> file_system_of(int fd) override;
  result<io::space> space_of(int fd) noexcept override;
  std::string boot_id() override;
  result<bool> try_lock(int fd) override;

 private:
  void let_go(const handle_ref& what) noexcept;
  void wire(const handle_ref& what);

  machine& machine_;
  int number_;
  bool dead_{false};
  std::vector<handle_ref> open_;  // by number
  std::vector<std::weak_ptr<ring_state>> rings_;
};

/// What an operation on a socket gives at once; -EAGAIN: it would wait.
[[nodiscard]] std::int32_t take_from_line(machine& on, const link_ref& line, std::span<std::byte> into);

}  // namespace wf::sim
