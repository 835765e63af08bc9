// What a finished recording costs the disk: bytes written for every byte received, of chunks at their final place and
// of irregular ones whose recording shares their blocks (XFS). Once as the kernel counts them for the process, once as
// they arrive at the block device, journal included.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "e2e/scene.hpp"
#include "fault/capacity/crowd.hpp"
#include "fault/support/loop_disk.hpp"
#include "waveforge/base/units.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

struct shape {
  const char* name;
  file_system kind;
  std::uint32_t chunks;
  std::uint64_t chunk_bytes;
  bool irregular;
  double allowed;
};

class disk_bytes : public testing::TestWithParam<shape> {};

/// Whole blocks, or the file system cannot share them; no two of one length.
std::uint64_t length_of(const shape& of, std::uint32_t index) {
  return of.irregular ? of.chunk_bytes + index % 7 * 4096 : of.chunk_bytes;
}

TEST_P(disk_bytes, are_hardly_more_than_what_came) {
  const shape of = GetParam();
  if (const auto why = no_loop_disks(of.kind)) GTEST_SKIP() << *why;
  const temp_dir home;
  loop_disk disk{of.kind, home.path() / "image", home.path() / "mnt", 4'096_MiB};
  const material all{of.chunk_bytes + 6 * 4096};
  std::uint64_t received = 0;
  std::uint64_t by_process = 0;
  std::uint64_t device_before = 0;
  {
    server_process server{{disk.at() / "data", {"--session-rate", "0", "--threads", "1"}}};
    ::sync();
    device_before = disk.written_bytes();
    const std::uint64_t process_before = write_bytes_of(server.pid());
    tus_client client{server.port()};
    for (std::uint32_t index = 0; index < of.chunks; ++index) {
      tus_client::creation what{index, length_of(of, index)};
      if (!of.irregular) what.chunk_bytes = of.chunk_bytes;
      if (index + 1 == of.chunks) what.total_chunks = of.chunks;
      client.upload(session_of(1), what, all.part(0, what.length_bytes), 512_KiB);
      received += what.length_bytes;
    }
    client.wait_for_state(session_of(1), "assembled", 300s);
    by_process = write_bytes_of(server.pid()) - process_before;
    ASSERT_EQ(server.stop(), 0) << server.log();
  }
  disk.unmount();
  const std::uint64_t by_device = disk.written_bytes() - device_before;
  const auto times = [&](std::uint64_t bytes) { return static_cast<double>(bytes) / static_cast<double>(received); };
  fmt::print(
      "[ measured ] {} on {}: {} chunks, {:.1f} MB received, {:.4f} times that written by the process, {:.4f} at "
      "the device\n",
      of.name, name_of(of.kind), of.chunks, megabytes(received), times(by_process), times(by_device));
  EXPECT_LE(times(by_process), of.allowed);
}

INSTANTIATE_TEST_SUITE_P(disk, disk_bytes,
                         testing::Values(shape{"placed", file_system::ext4, 64, 1_MiB, false, 1.02},
                                         shape{"placed", file_system::xfs, 64, 1_MiB, false, 1.02},
                                         shape{"thousand", file_system::ext4, 1'000, 1_MiB, false, 1.02},
                                         shape{"irregular", file_system::xfs, 64, 1_MiB, true, 1.05}),
                         [](const auto& one) { return fmt::format("{}_{}", one.param.name, name_of(one.param.kind)); });

}  // namespace
}  // namespace wf::test
