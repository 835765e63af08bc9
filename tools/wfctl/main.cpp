#include "wfctl/console.hpp"
#include "wfctl/verbs.hpp"

int main(int count, char** words) {
  int exit_code = 0;
  const auto asked = wf::ctl::parse_command_line(count, words, exit_code);
  if (!asked) return exit_code;
  const wf::ctl::console to{asked->json};
  const auto done = wf::ctl::run(*asked, to);
  if (done) return static_cast<int>(*done);
  to.refuse(done.error());
  return static_cast<int>(wf::ctl::status_of(done.error().code));
}
