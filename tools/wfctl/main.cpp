#include "wfctl/console.hpp"
#include "wfctl/verbs.hpp"

int main(int count, char** words) {
  int exit_code = 0;
  const auto asked = wf::ctl::parse_command_line(count, words, exit_code);
  if (!asked) return exit_code;
  const wf::ctl::console to{asked->json};
  const auto done = wf::ctl::run(*asked, to);
  if (!done) to.refuse(done.error());
  auto status = done ? *done : wf::ctl::status_of(done.error());
  if (!to.printed_all()) {
    to.note("wfctl: standard output does not take what there is to say; see to the disk or the pipe behind it");
    status = wf::ctl::exit_status::failed;
  }
  return static_cast<int>(status);
}
