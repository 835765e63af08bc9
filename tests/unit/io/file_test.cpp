// Files and directories of the real machine through a real ring: what is written is read, and paths stay beneath.
#include "waveforge/io/file.hpp"

#include <gtest/gtest.h>

#include "support/ring_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "waveforge/io/directory.hpp"

namespace wf::io {
namespace {

using test::bytes_of;
using test::real_ring;
using test::temporary_directory;

class file_test : public real_ring {
 protected:
  temporary_directory place_;
  directory root_{descriptor{real_kernel(), real_kernel().open_root(place_.path()).value()}};
};

task<std::string> write_and_read(directory& root) {
  auto made = co_await root.open_file("a", open_mode::create_new);
  if (!made) co_return made.error().detail;
  auto text = std::make_shared<std::string>("hello, disk");
  const auto written = co_await made->write_all(bytes_of(*text), 3, text);
  if (!written) co_return written.error().detail;
  const auto synced = co_await made->sync();
  if (!synced) co_return synced.error().detail;
  auto back = std::make_shared<std::string>(64, '?');
  const auto read = co_await made->read(std::as_writable_bytes(std::span{*back}), 3, back);
  if (!read) co_return read.error().detail;
  co_await made->close();
  co_return back->substr(0, *read);
}

TEST_F(file_test, bytes_written_at_an_offset_are_read_back) {
  EXPECT_EQ(run(write_and_read(root_)), "hello, disk");
}

}  // namespace
}  // namespace wf::io
