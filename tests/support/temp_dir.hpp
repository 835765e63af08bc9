#pragma once

#include <filesystem>

namespace wf::test {

/// A directory of its own that is removed with everything in it. Under $WF_TEST_DIR, else $TMPDIR, else /tmp.
class temp_dir {
 public:
  temp_dir();
  ~temp_dir();
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace wf::test
