// Proves that an operation without an opcode is carried out also where the kernel has no thread to give.
#include "io/helper_thread.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "support/temporary_directory.hpp"

namespace wf::io {
namespace {

/// As long as it lives no thread can be made: no address space holds its stack.
class no_threads {
 public:
  no_threads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    pthread_attr_setstacksize(&huge, std::size_t{1} << 50U);
    EXPECT_EQ(pthread_setattr_default_np(&huge), 0);
    pthread_attr_destroy(&huge);
  }
  no_threads(const no_threads&) = delete;
  no_threads& operator=(const no_threads&) = delete;
  ~no_threads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_{};
};

class HelperThread : public testing::Test {
 protected:
  HelperThread() {
    op_.kind = op_kind::truncate;
    op_.fd = fd_;
  }
  ~HelperThread() override { ::close(fd_); }
  /// Cuts the file to a length; what came of it, once there is something.
  std::int32_t cut_to(std::uint64_t length) {
    op_.length = length;
    helper_.start({1, 1}, op_);
    std::array<completion, 4> done{};
    while (helper_.take(done) == 0) std::this_thread::yield();
    return done[0].value;
  }
  test::temporary_directory home_;
  std::string path_{home_.path() + "/file"};
  int fd_{::open(path_.c_str(), O_CREAT | O_RDWR, 0600)};
  operation op_;
  helper_thread helper_{[] {}};
};

TEST_F(HelperThread, CarriesOutWhatIsStarted) {
  EXPECT_EQ(cut_to(123), 0);
  EXPECT_EQ(std::filesystem::file_size(path_), 123U);
}

TEST_F(HelperThread, WithoutAThreadTheCallerCarriesItOut) {
  {
    const no_threads none;
    EXPECT_EQ(cut_to(123), 0);
    EXPECT_EQ(std::filesystem::file_size(path_), 123U);
  }
  EXPECT_EQ(cut_to(77), 0) << "and later by a thread";
  EXPECT_EQ(std::filesystem::file_size(path_), 77U);
}

}  // namespace
}  // namespace wf::io
