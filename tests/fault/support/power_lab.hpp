#pragma once

#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "fault/support/campaign.hpp"
#include "fault/support/loop_disk.hpp"
#include "support/temp_dir.hpp"

namespace wf::test {

/// A server on a disk whose power is cut under traffic, again and again.
class power_lab {
 public:
  struct setup {
    file_system kind{file_system::ext4};
    level durability{level::chunk};
    /// The facts on a file system of their own: then no sync of theirs happens to bring names of ours to the disk.
    bool facts_apart{false};
    std::filesystem::path program{};  ///< another server than this build's
    std::uint64_t seed{0};
  };
  explicit power_lab(const setup& how);

  /// One cycle: start, hold to the ledger, traffic, cut, kill, mount again. False: something was not kept.
  [[nodiscard]] bool cycle();
  /// Everything is finished, fetched and compared.
  void finish();

  [[nodiscard]] const ledger& book() const noexcept { return book_; }
  [[nodiscard]] std::string report() const;
  [[nodiscard]] std::uint64_t recordings_seen() const noexcept { return next_number_; }

 private:
  void start();
  void inspect_all();
  void cut_power();

  setup how_;
  std::mt19937_64 draw_;
  load::payload bytes_;
  ledger book_;
  temp_dir home_{};
  std::unique_ptr<loop_disk> data_;
  std::unique_ptr<loop_disk> facts_;
  std::unique_ptr<server_process> server_{};
  std::vector<std::string> flags_{};
  std::string log_before_{};
  std::vector<std::shared_ptr<recording_note>> recordings_{};
  std::vector<std::shared_ptr<recording_note>> old_{};
  std::uint64_t next_number_{0};
  std::atomic<bool> over_{false};
  std::once_flag* cut_once_{nullptr};
};

}  // namespace wf::test
