// Directories: names are made, moved and removed, and no path leads out or through a symbolic link.
#include "waveforge/io/directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "support/ring_fixture.hpp"
#include "support/temporary_directory.hpp"

namespace wf::io {
namespace {

namespace fs = std::filesystem;

class directory_test : public test::real_ring {
 protected:
  void SetUp() override {
    fs::create_directories(inside());
    std::ofstream{place_.path() + "/outside"} << "secret";
    root_ = directory{descriptor{real_kernel(), real_kernel().open_root(inside().string()).value()}};
  }
  [[nodiscard]] fs::path inside() const { return place_.path() + "/inside"; }
  [[nodiscard]] std::string outside_content() const {
    std::ifstream in{place_.path() + "/outside"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  bool make_file(std::string_view path) { return run(root_.open_file(path, open_mode::create_new)).has_value(); }

  test::temporary_directory place_;
  directory root_;
};

TEST_F(directory_test, open_modes_do_as_they_say) {
  EXPECT_EQ(run(root_.open_file("a", open_mode::read)).error().code, errc::not_found);
  EXPECT_EQ(run(root_.open_file("a", open_mode::read_write)).error().code, errc::not_found);
  EXPECT_TRUE(run(root_.open_file("a", open_mode::create)));
  EXPECT_TRUE(run(root_.open_file("a", open_mode::create)));
  EXPECT_EQ(run(root_.open_file("a", open_mode::create_new)).error().os_errno, EEXIST);
  std::ofstream{inside() / "a"} << "full";
  EXPECT_EQ(fs::file_size(inside() / "a"), 4U);
  EXPECT_TRUE(run(root_.open_file("a", open_mode::create_empty)));
  EXPECT_EQ(fs::file_size(inside() / "a"), 0U);
}

TEST_F(directory_test, what_it_makes_is_for_its_owner_alone) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(make_file("a"));
  ASSERT_TRUE(run(root_.make_directory("d")).value());
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat((inside() / "a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((inside() / "d").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(directory_test, descriptors_do_not_leak_into_children) {
  const auto one = run(root_.open_file("a", open_mode::create));
  ASSERT_TRUE(one);
  EXPECT_EQ(::fcntl(one->number(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(directory_test, making_a_directory_tells_whether_it_was_there) {
  EXPECT_EQ(run(root_.make_directory("d")), true);
  EXPECT_EQ(run(root_.make_directory("d")), false);
  EXPECT_EQ(run(root_.make_directory("d/e")), true);
  EXPECT_EQ(run(root_.make_directory("x/y")).error().code, errc::not_found);
  EXPECT_TRUE(run(root_.open_directory("d/e")));
}

TEST_F(directory_test, removes_files_and_empty_directories) {
  ASSERT_TRUE(run(root_.make_directory("d")));
  ASSERT_TRUE(make_file("d/a"));
  EXPECT_EQ(run(root_.remove_directory("d")).error().os_errno, ENOTEMPTY);
  EXPECT_TRUE(run(root_.unlink("d/a")));
  EXPECT_EQ(run(root_.unlink("d/a")).error().code, errc::not_found);
  EXPECT_EQ(run(root_.unlink("d")).error().os_errno, EISDIR);
  EXPECT_TRUE(run(root_.remove_directory("d")));
  EXPECT_FALSE(fs::exists(inside() / "d"));
}

TEST_F(directory_test, rename_moves_between_directories_and_replaces) {
  ASSERT_TRUE(run(root_.make_directory("from")));
  ASSERT_TRUE(run(root_.make_directory("to")));
  std::ofstream{inside() / "from/a"} << "new";
  std::ofstream{inside() / "to/b"} << "old text";
  const auto to = run(root_.open_directory("to"));
  ASSERT_TRUE(to);
  EXPECT_TRUE(run(root_.rename("from/a", *to, "b")));
  EXPECT_FALSE(fs::exists(inside() / "from/a"));
  EXPECT_EQ(fs::file_size(inside() / "to/b"), 3U);
  EXPECT_EQ(run(root_.rename("from/a", *to, "b")).error().code, errc::not_found);
}

TEST_F(directory_test, link_gives_a_file_one_more_name_and_replaces_nothing) {
  ASSERT_TRUE(run(root_.make_directory("from")));
  ASSERT_TRUE(run(root_.make_directory("to")));
  std::ofstream{inside() / "from/a"} << "text";
  const auto to = run(root_.open_directory("to"));
  ASSERT_TRUE(to);
  EXPECT_TRUE(run(root_.link("from/a", *to, "b")));
  EXPECT_EQ(fs::hard_link_count(inside() / "from/a"), 2U);
  EXPECT_EQ(run(root_.link("from/a", *to, "b")).error().os_errno, EEXIST);
  EXPECT_TRUE(run(root_.unlink("from/a")));
  EXPECT_EQ(fs::file_size(inside() / "to/b"), 4U);
  EXPECT_EQ(run(root_.link("from/a", *to, "c")).error().code, errc::not_found);
}

TEST_F(directory_test, lists_what_is_there_and_of_what_kind) {
  ASSERT_TRUE(run(root_.make_directory("d")));
  ASSERT_TRUE(make_file("a"));
  fs::create_symlink("a", inside() / "link");
  std::map<std::string, file_kind> found;
  for (int twice = 0; twice < 2; ++twice) {  // a second list begins at the beginning again
    found.clear();
    const auto entries = run(root_.list());
    for (const auto& entry : entries.value()) found[entry.name] = entry.kind;
  }
  EXPECT_EQ(found, (std::map<std::string, file_kind>{
                       {"a", file_kind::regular}, {"d", file_kind::directory}, {"link", file_kind::other}}));
}

TEST_F(directory_test, status_of_names) {
  std::ofstream{inside() / "a"} << "12345";
  ASSERT_TRUE(run(root_.make_directory("d")));
  EXPECT_EQ(run(root_.status("a")).value().size_bytes, 5U);
  EXPECT_EQ(run(root_.status("d")).value().kind, file_kind::directory);
  EXPECT_EQ(run(root_.status("x")).error().code, errc::not_found);
}

TEST_F(directory_test, syncs_itself_and_its_file_system) {
  EXPECT_TRUE(run(root_.sync()));
  EXPECT_TRUE(run(root_.sync_file_system()));
  EXPECT_GT(root_.free_space().value().available_bytes, 0U);
}

/// Paths that must lead nowhere: out of the directory, or through a link someone put there.
class directory_escape_test : public directory_test, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    directory_test::SetUp();
    fs::create_directories(inside() / "d");
    fs::create_symlink(place_.path(), inside() / "up");
    fs::create_symlink(place_.path() + "/outside", inside() / "link");
    fs::create_symlink("d", inside() / "harmless");
  }
};

TEST_P(directory_escape_test, is_refused_by_every_operation) {
  const std::string path = GetParam();
  for (const open_mode mode : {open_mode::read, open_mode::read_write, open_mode::create, open_mode::create_empty}) {
    EXPECT_FALSE(run(root_.open_file(path, mode)));
  }
  EXPECT_FALSE(run(root_.open_directory(path)));
  EXPECT_FALSE(run(root_.make_directory(path + "/made")));
  EXPECT_FALSE(run(root_.unlink(path + "/outside")));
  EXPECT_FALSE(run(root_.remove_directory(path + "/inside")));
  EXPECT_FALSE(run(root_.status(path + "/outside")));
  ASSERT_TRUE(run(root_.open_file("mine", open_mode::create)));
  EXPECT_FALSE(run(root_.rename("mine", root_, path + "/stolen")));
  EXPECT_FALSE(run(root_.rename(path + "/outside", root_, "stolen")));
  EXPECT_FALSE(run(root_.link("mine", root_, path + "/stolen")));
  EXPECT_FALSE(run(root_.link(path + "/outside", root_, "stolen")));
  EXPECT_EQ(outside_content(), "secret");
  EXPECT_FALSE(fs::exists(place_.path() + "/made"));
  EXPECT_FALSE(fs::exists(inside() / "stolen"));
}

INSTANTIATE_TEST_SUITE_P(paths, directory_escape_test,
                         ::testing::Values("..", "../outside", "d/../..", "d/../../outside", "/etc", "/", "up",
                                           "up/outside", "link", "harmless", "./..", "up/../inside"));

TEST_F(directory_test, names_that_are_no_names_are_refused) {
  for (const char* path : {"", ".", "..", "d/", "d/.", "d/..", "/"}) {
    EXPECT_FALSE(run(root_.make_directory(path))) << path;
    EXPECT_FALSE(run(root_.unlink(path))) << path;
    EXPECT_FALSE(run(root_.remove_directory(path))) << path;
    EXPECT_FALSE(run(root_.status(path))) << path;
  }
}

TEST_F(directory_test, a_link_is_removed_and_told_as_itself_and_never_followed) {
  fs::create_symlink(place_.path() + "/outside", inside() / "link");
  EXPECT_EQ(run(root_.status("link")).value().kind, file_kind::other);
  EXPECT_FALSE(run(root_.open_file("link", open_mode::read)));
  EXPECT_TRUE(run(root_.unlink("link")));
  EXPECT_EQ(outside_content(), "secret");
}

TEST_F(directory_test, a_path_may_be_a_temporary_that_is_gone_when_it_is_used) {
  const auto open_by_temporary = [](directory& root) {
    return root.make_directory(std::string(100, 'n'));  // the string ends here, the task is awaited later
  };
  EXPECT_EQ(run(open_by_temporary(root_)), true);
  EXPECT_TRUE(fs::exists(inside() / std::string(100, 'n')));
}

}  // namespace
}  // namespace wf::io
