// The disk under the store's pattern: many writers, each waiting for the sync that covers its megabyte.
#include <fcntl.h>
#include <liburing.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "machine.hpp"
#include "segment.hpp"

namespace limit {
namespace {

constexpr unsigned piece_bytes = 512U << 10U;
constexpr std::uint64_t chunk_bytes = 2 * piece_bytes;
constexpr std::uint64_t file_bytes = 16 * chunk_bytes;
constexpr std::size_t files_by_one_max = 16;
constexpr std::uint64_t sync_all_done = UINT64_MAX;

struct writer {
  int file{-1};
  std::string path{};
  std::uint64_t at{0};
};

class rounds {
 public:
  rounds(const std::string& directory, unsigned count);
  ~rounds();
  rounds(const rounds&) = delete;
  rounds& operator=(const rounds&) = delete;
  [[nodiscard]] double run(double seconds);

 private:
  void write(unsigned index);
  void sync_waiting();
  void sync_ended();
  io_uring_sqe* entry(std::uint64_t data);

  int directory_{-1};
  io_uring ring_{};
  char* bytes_{nullptr};
  std::vector<writer> writers_;
  std::vector<unsigned> waiting_{};
  std::vector<unsigned> in_round_{};
  std::size_t syncs_open_{0};
  int done_[2]{-1, -1};
  char done_byte_{0};
  std::thread helper_{};
  std::uint64_t acknowledged_{0};
};

rounds::rounds(const std::string& directory, unsigned count) : writers_(count) {
  directory_ = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY);
  if (directory_ < 0) give_up("open the directory", errno);
  if (const int refused = io_uring_queue_init(1024, &ring_, 0); refused != 0) give_up("make a ring", -refused);
  void* const memory = ::mmap(nullptr, piece_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) give_up("map a buffer", errno);
  bytes_ = static_cast<char*>(memory);
  std::memset(bytes_, 'e', piece_bytes);
  const iovec vector{bytes_, piece_bytes};
  if (const int refused = io_uring_register_buffers(&ring_, &vector, 1); refused != 0) {
    give_up("register a buffer", -refused);
  }
  if (::pipe(done_) != 0) give_up("make a pipe", errno);
  for (unsigned at = 0; at < count; ++at) {
    writers_[at].path = directory + "/disk_" + std::to_string(at);
    writers_[at].at = file_bytes;
    writers_[at].file = ::open(writers_[at].path.c_str(), O_WRONLY | O_CREAT | O_DIRECT, 0644);
    if (writers_[at].file < 0) give_up("open a file for direct writes", errno);
  }
}

rounds::~rounds() {
  if (helper_.joinable()) helper_.join();
  io_uring_queue_exit(&ring_);
  for (const writer& one : writers_) {
    ::close(one.file);
    (void)::unlink(one.path.c_str());
  }
  ::close(directory_);
}

io_uring_sqe* rounds::entry(std::uint64_t data) {
  io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
  if (sqe == nullptr) give_up("get a ring entry", EBUSY);
  sqe->user_data = data;
  return sqe;
}

// A file starts anew where a recording would have ended: fresh blocks, as sessions have them.
void rounds::write(unsigned index) {
  writer& one = writers_[index];
  if (one.at == file_bytes) {
    if (::ftruncate(one.file, 0) != 0 || ::fallocate(one.file, 0, 0, file_bytes) != 0) give_up("reserve blocks", errno);
    one.at = 0;
  }
  io_uring_prep_write_fixed(entry(index), one.file, bytes_, piece_bytes, one.at, 0);
  one.at += piece_bytes;
}

void rounds::sync_waiting() {
  if (!in_round_.empty() || waiting_.empty()) return;
  in_round_.swap(waiting_);
  if (in_round_.size() <= files_by_one_max) {
    syncs_open_ = in_round_.size();
    for (const unsigned index : in_round_) {
      io_uring_prep_fsync(entry(sync_all_done), writers_[index].file, IORING_FSYNC_DATASYNC);
    }
    return;
  }
  syncs_open_ = 1;
  if (helper_.joinable()) helper_.join();
  io_uring_prep_read(entry(sync_all_done), done_[0], &done_byte_, 1, 0);
  helper_ = std::thread{[this] {
    if (::syncfs(directory_) != 0) give_up("sync", errno);
    if (::write(done_[1], "d", 1) != 1) give_up("tell the ring", errno);
  }};
}

void rounds::sync_ended() {
  if (--syncs_open_ > 0) return;
  acknowledged_ += chunk_bytes * in_round_.size();
  for (const unsigned index : in_round_) write(index);
  in_round_.clear();
}

double rounds::run(double seconds) {
  using steady = std::chrono::steady_clock;
  const auto begin = steady::now();
  const auto elapsed_s = [&] { return std::chrono::duration<double>(steady::now() - begin).count(); };
  for (unsigned at = 0; at < writers_.size(); ++at) write(at);
  while (elapsed_s() < seconds) {
    sync_waiting();
    if (io_uring_submit_and_wait(&ring_, 1) < 0) give_up("wait for the ring", EIO);
    io_uring_cqe* cqe = nullptr;
    while (io_uring_peek_cqe(&ring_, &cqe) == 0) {
      const std::uint64_t data = cqe->user_data;
      const int result = cqe->res;
      io_uring_cqe_seen(&ring_, cqe);
      if (result < 0) give_up("write or sync", -result);
      if (data == sync_all_done) {
        sync_ended();
      } else if (writers_[data].at % chunk_bytes == 0) {
        waiting_.push_back(static_cast<unsigned>(data));
      } else {
        write(static_cast<unsigned>(data));
      }
    }
  }
  return static_cast<double>(acknowledged_) / elapsed_s();
}

}  // namespace

double disk_in_rounds(const std::string& directory, unsigned writers, double seconds) {
  rounds one{directory, writers};
  return one.run(seconds);
}

}  // namespace limit
