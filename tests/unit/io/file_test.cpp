// Files: short transfers go on until all is done, cancellation does not reach the disk, failures say what landed.
#include "waveforge/io/file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <numeric>
#include <string>

#include "support/ring_fixture.hpp"
#include "support/scripted_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/base/units.hpp"
#include "waveforge/io/buffer_pool.hpp"
#include "waveforge/io/directory.hpp"

namespace wf::io {
namespace {

using test::running;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span{text});
}

// --- scripted: what the kernel may do with one operation ---

class file_script_test : public test::scripted_ring_test {
 protected:
  void SetUp() override { kernel_.open_descriptors.insert(50); }

  std::string text_ = "0123456789";
  file file_{descriptor{kernel_, 50}};
  std::uint64_t written_{99};
};

TEST_F(file_script_test, a_short_write_goes_on_where_it_stopped) {
  std::string landed(10, '?');
  const auto take = [&](std::uint32_t count) {
    return [&landed, count](operation& op) {
      std::memcpy(landed.data() + (op.offset - 1000), op.data, count);
      return static_cast<std::int32_t>(count);
    };
  };
  script_->answer(op_kind::write, take(3));
  script_->answer(op_kind::write, take(1));
  script_->answer(op_kind::write, take(6));
  EXPECT_TRUE(run(file_.write_all(bytes_of(text_), 1000, nullptr, &written_)));
  EXPECT_EQ(landed, text_);
  EXPECT_EQ(written_, 10U);
}

TEST_F(file_script_test, a_failing_write_says_how_much_landed) {
  script_->answer(op_kind::write, 4);
  script_->answer(op_kind::write, -ENOSPC);
  const auto outcome = run(file_.write_all(bytes_of(text_), 0, nullptr, &written_));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, errc::no_space);
  EXPECT_EQ(outcome.error().os_errno, ENOSPC);
  EXPECT_EQ(written_, 4U);
}

TEST_F(file_script_test, a_write_that_takes_nothing_fails) {
  script_->answer(op_kind::write, 0);
  const auto outcome = run(file_.write_all(bytes_of(text_), 0, nullptr, &written_));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, errc::io_failed);
  EXPECT_EQ(written_, 0U);
}

TEST_F(file_script_test, an_interrupted_write_is_tried_again) {
  script_->answer(op_kind::write, -EINTR);
  script_->answer(op_kind::write, 10);
  EXPECT_TRUE(run(file_.write_all(bytes_of(text_), 0, nullptr, &written_)));
  EXPECT_EQ(written_, 10U);
}

TEST_F(file_script_test, a_fixed_write_keeps_its_buffer_when_it_goes_on) {
  const auto from_buffer = [](std::int32_t count) {
    return [count](operation& op) {
      EXPECT_EQ(op.buffer_index, 7);
      EXPECT_NE(op.owner, nullptr);
      return count;
    };
  };
  script_->answer(op_kind::write_fixed, from_buffer(4));
  script_->answer(op_kind::write_fixed, from_buffer(6));
  auto owner = std::make_shared<int>(0);
  EXPECT_TRUE(run(file_.write_all_fixed(bytes_of(text_), 4096, 7, owner, &written_)));
  EXPECT_EQ(owner.use_count(), 1);
}

TEST_F(file_script_test, nothing_to_write_asks_the_kernel_nothing) {
  EXPECT_TRUE(run(file_.write_all({}, 0, nullptr, &written_)));
  EXPECT_EQ(written_, 0U);
  EXPECT_EQ(script_->started(), 0U);
}

TEST_F(file_script_test, a_read_goes_on_until_it_is_full_or_the_file_ends) {
  std::string into(10, '?');
  script_->answer(op_kind::read, 4);
  script_->answer(op_kind::read, -EINTR);
  script_->answer(op_kind::read, 3);
  script_->answer(op_kind::read, 0);
  const auto read = run(file_.read(std::as_writable_bytes(std::span{into}), 5, nullptr));
  EXPECT_EQ(read.value(), 7U);
}

TEST_F(file_script_test, a_failing_read_is_a_failure) {
  std::string into(10, '?');
  script_->answer(op_kind::read, 4);
  script_->answer(op_kind::read, -EIO);
  EXPECT_EQ(run(file_.read(std::as_writable_bytes(std::span{into}), 0, nullptr)).error().code, errc::io_failed);
}

task<result<void>> write_quietly(file& to, std::string_view text) {
  co_await asio::this_coro::throw_if_cancelled(false);
  auto outcome = co_await to.write_all(bytes_of(text), 0, nullptr);
  if (!outcome) co_return outcome;
  outcome = co_await to.sync_data();
  co_return outcome;
}

TEST_F(file_script_test, a_cancelled_coroutine_finishes_what_it_does_to_the_disk) {
  running<result<void>> one{ring_, write_quietly(file_, text_)};
  settle();
  one.cancel();
  settle();
  EXPECT_EQ(script_->cancels(), 0U);
  script_->complete(script_->only().id, 4);
  settle();
  script_->complete(script_->only().id, 6);
  settle();
  EXPECT_EQ(script_->only().op->kind, op_kind::sync_data);
  script_->complete(script_->only().id, 0);
  settle();
  ASSERT_TRUE(one.ended());
  EXPECT_TRUE(one.value());
}

TEST_F(file_script_test, zeros_are_written_where_the_file_system_cannot_zero) {
  std::uint64_t zeroed = 0;
  script_->answer(op_kind::allocate, -EOPNOTSUPP);
  for (int i = 0; i < 4; ++i) {
    script_->answer(op_kind::write, [&](operation& op) {
      EXPECT_EQ(op.offset, 500 + zeroed);
      const auto* data = static_cast<const char*>(op.data);
      EXPECT_EQ(std::count(data, data + op.size, '\0'), static_cast<std::ptrdiff_t>(op.size));
      zeroed += op.size;
      return static_cast<std::int32_t>(op.size);
    });
  }
  EXPECT_TRUE(run(file_.zero(500, 200'000)));
  EXPECT_EQ(zeroed, 200'000U);
}

TEST_F(file_script_test, a_closed_file_is_closed_once) {
  script_->answer(op_kind::close, 0);
  run(file_.close());
  run(file_.close());
  EXPECT_FALSE(file_);
  EXPECT_EQ(script_->started(), 1U);
  EXPECT_EQ(kernel_.open_descriptors.count(50), 1U);  // the ring closed it, not the destructor
}

// --- the real machine ---

class file_test : public test::real_ring {
 protected:
  file open(std::string_view name, open_mode mode = open_mode::create, bool direct = false) {
    return std::move(run(root_.open_file(name, mode, direct)).value());
  }
  std::string content(file& from) {
    const auto size = run(from.status()).value().size_bytes;
    std::string text(size, '?');
    EXPECT_EQ(run(from.read(std::as_writable_bytes(std::span{text}), 0, nullptr)).value(), size);
    return text;
  }

  test::temporary_directory place_;
  directory root_{descriptor{real_kernel(), real_kernel().open_root(place_.path()).value()}};
};

TEST_F(file_test, bytes_written_at_an_offset_are_read_back) {
  file one = open("a");
  ASSERT_TRUE(run(one.write_all(bytes_of("disk"), 7, nullptr)));
  ASSERT_TRUE(run(one.write_all(bytes_of("hello, "), 0, nullptr)));
  ASSERT_TRUE(run(one.sync()));
  ASSERT_TRUE(run(one.sync_data()));
  run(one.start_write_back(0, 4096));
  EXPECT_EQ(content(one), "hello, disk");
  run(one.close());
}

TEST_F(file_test, a_read_beyond_the_end_gives_nothing) {
  file one = open("a");
  std::string into(4, '?');
  EXPECT_EQ(run(one.read(std::as_writable_bytes(std::span{into}), 100, nullptr)).value(), 0U);
}

TEST_F(file_test, truncate_sets_the_length_both_ways) {
  file one = open("a");
  ASSERT_TRUE(run(one.write_all(bytes_of("0123456789"), 0, nullptr)));
  ASSERT_TRUE(run(one.truncate(4)));
  EXPECT_EQ(content(one), "0123");
  ASSERT_TRUE(run(one.truncate(6)));
  EXPECT_EQ(content(one), std::string("0123\0\0", 6));
}

TEST_F(file_test, allocate_reserves_and_sets_the_size) {
  file one = open("a");
  const auto outcome = run(one.allocate(0, 1_MiB));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  const file_status status = run(one.status()).value();
  EXPECT_EQ(status.size_bytes, 1_MiB);
  EXPECT_GE(status.allocated_bytes, 1_MiB);
  EXPECT_EQ(status.kind, file_kind::regular);
  EXPECT_GT(status.modified_ms, 1'600'000'000'000);
}

TEST_F(file_test, zero_keeps_the_size_and_what_is_around) {
  file one = open("a");
  ASSERT_TRUE(run(one.write_all(bytes_of("0123456789"), 0, nullptr)));
  ASSERT_TRUE(run(one.zero(2, 3)));
  EXPECT_EQ(content(one), std::string("01\0\0\0"
                                      "56789",
                                      10));
  ASSERT_TRUE(run(one.zero(8, 100)));
  EXPECT_EQ(run(one.status()).value().size_bytes, 10U);
}

TEST_F(file_test, clone_shares_blocks_or_says_that_it_cannot) {
  file from = open("from");
  file to = open("to");
  const std::string text(8192, 'x');
  ASSERT_TRUE(run(from.write_all(bytes_of(text), 0, nullptr)));
  const auto cloned = run(to.clone_from(from, 0, 4096, 4096));
  if (cloned) {
    EXPECT_EQ(content(to), std::string(4096, '\0') + std::string(4096, 'x'));
  } else {
    EXPECT_EQ(cloned.error().code, errc::io_failed);
    EXPECT_TRUE(cloned.error().os_errno == EOPNOTSUPP || cloned.error().os_errno == EINVAL);
  }
}

TEST_F(file_test, direct_writes_from_a_registered_buffer) {
  const auto facts = real_kernel().file_system_of(root_.number()).value();
  if (facts.direct_memory_alignment == 0) GTEST_SKIP() << facts.type << " here has no direct I/O";
  buffer_pool pool{ring_, 2, 64_KiB};
  if (pool.registered_count() == 0) GTEST_SKIP() << "RLIMIT_MEMLOCK allows no registered buffer";
  file one = open("direct", open_mode::create_new, true);
  ASSERT_TRUE(run(one.allocate(0, 128_KiB)));
  {
    const buffer_lease lease = pool.try_take();
    ASSERT_TRUE(lease && lease->registered);
    std::memset(lease->bytes.data(), 'd', lease->bytes.size());
    std::uint64_t written = 0;
    const auto outcome = run(one.write_all_fixed(lease->bytes, 64_KiB, lease->index, lease, &written));
    ASSERT_TRUE(outcome) << outcome.error().detail;
    EXPECT_EQ(written, 64_KiB);
    ASSERT_TRUE(run(one.sync_data()));
  }
  file again = open("direct", open_mode::read);
  EXPECT_EQ(content(again), std::string(64_KiB, '\0') + std::string(64_KiB, 'd'));
}

TEST_F(file_test, an_unaligned_direct_write_is_refused) {
  const auto facts = real_kernel().file_system_of(root_.number()).value();
  if (facts.direct_memory_alignment == 0) GTEST_SKIP() << facts.type << " here has no direct I/O";
  file one = open("direct", open_mode::create_new, true);
  EXPECT_FALSE(run(one.write_all(bytes_of("odd"), 1, nullptr)));
}

}  // namespace
}  // namespace wf::io
