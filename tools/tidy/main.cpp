// tidy ROOT: says where the tree below ROOT leaves the rules of the house; exits 1 when it does.
#include <cstdio>
#include <exception>
#include <string>

#include "checks.hpp"

namespace {

std::size_t print(const wf::tidy::findings& found) {
  for (const auto& [path, line, message] : found) {
    if (line == 0) {
      std::fprintf(stderr, "%s: %s\n", path.c_str(), message.c_str());
    } else {
      std::fprintf(stderr, "%s:%zu: %s\n", path.c_str(), line, message.c_str());
    }
  }
  return found.size();
}

std::size_t run(const char* root) {
  using namespace wf::tidy;
  const auto tree = load_tree(root);
  std::size_t count = 0;
  for (const auto check : {check_includes, check_room_links, check_sizes, check_dead_files, check_banned}) {
    count += print(check(tree));
  }
  std::fprintf(stderr, "tidy: %zu files, %zu findings\n", tree.size(), count);
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: tidy ROOT\n", stderr);
    return 2;
  }
  try {
    return run(argv[1]) == 0 ? 0 : 1;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "tidy: %s\n", failure.what());
    return 2;
  }
}
