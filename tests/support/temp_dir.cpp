#include "support/temp_dir.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace wf::test {

temp_dir::temp_dir() {
  const char* base = std::getenv("WF_TEST_DIR");
  if (base == nullptr) base = std::getenv("TMPDIR");
  std::string name = std::string{base != nullptr ? base : "/tmp"} + "/waveforge-test-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error{errno, std::generic_category(), "mkdtemp " + name};
  path_ = name;
}

temp_dir::~temp_dir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace wf::test
