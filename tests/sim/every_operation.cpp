// Each operation of short histories fails in turn, with each error it can end with.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "campaign.hpp"
#include "support/sim/ring.hpp"

namespace wf::sim {

namespace {

std::vector<std::int32_t> errors_of(io::op_kind kind) {
  using io::op_kind;
  switch (kind) {
    case op_kind::open: return {EIO, ENOSPC, EMFILE, ENOMEM};
    case op_kind::make_directory:
    case op_kind::rename: return {EIO, ENOSPC};
    case op_kind::link: return {EIO, ENOSPC, EMLINK, EOPNOTSUPP};
    case op_kind::read: return {EIO, EINTR};
    case op_kind::write:
    case op_kind::write_fixed: return {EIO, ENOSPC, EDQUOT, EINTR};
    case op_kind::sync:
    case op_kind::sync_data:
    case op_kind::sync_file_system: return {EIO, ENOSPC};
    case op_kind::allocate: return {EIO, ENOSPC, EOPNOTSUPP, EINTR};
    case op_kind::splice: return {EIO, ENOSPC, EINTR};
    case op_kind::clone_range: return {EIO, EOPNOTSUPP, EINVAL, EXDEV};
    case op_kind::accept: return {EMFILE, ENFILE, ECONNABORTED};
    case op_kind::recv: return {ECONNRESET};
    case op_kind::send: return {EPIPE, ECONNRESET};
    case op_kind::poll: return {ENOMEM};
    case op_kind::shutdown: return {ENOTCONN};
    case op_kind::close:
    case op_kind::unlink:
    case op_kind::stat:
    case op_kind::sync_range:
    case op_kind::truncate:
    case op_kind::list: return {EIO};
    default: return {};
  }
}

/// Short histories that between them take every way through the store.
std::vector<plan> scripts() {
  std::vector<plan> made;
  const auto add = [&](std::uint64_t seed, store::durability level, store::write_mode mode, std::string_view changes) {
    plan one = plan::draw(seed);
    static_cast<void>(
        one.change("faults=0,kills=0,crashes=0,clean_stops=0,sessions=1,lanes=1,workers=1,visitors=0,"
                   "cancel=0,plain=0,delete=0,fallback=0,fan_out=0,chunks=3,chunk_bytes=3000"));
    static_cast<void>(one.change(changes));
    one.level = level;
    one.mode = mode;
    one.place = store::layout::automatic;
    one.direct_io = true;
    made.push_back(one);
  };
  using store::durability;
  using store::write_mode;
  add(1, durability::chunk, write_mode::buffered, "");
  add(2, durability::patch, write_mode::splice, "");
  add(3, durability::none, write_mode::automatic, "");
  add(4, durability::chunk, write_mode::direct, "chunk_bytes=150000");
  add(5, durability::chunk, write_mode::automatic, "fallback=700000");
  add(6, durability::chunk, write_mode::automatic, "plain=1000000");
  add(7, durability::chunk, write_mode::automatic, "cancel=1000000");
  add(8, durability::chunk, write_mode::automatic, "delete=700000");
  add(9, durability::chunk, write_mode::automatic, "fan_out=2");
  plan files = made.front();
  files.place = store::layout::files;
  made.push_back(files);
  files.reflink = true;
  made.push_back(files);
  return made;
}

struct trial {
  plan set;
  io::op_kind kind;
};

std::string describe(const trial& one) {
  return fmt::format("operation {} ({}) ends with {}, of {}", one.set.fail_number, name_of(one.kind),
                     one.set.fail_value, one.set.describe());
}

}  // namespace

every_failure fail_every_operation(unsigned jobs) {
  every_failure told;
  std::vector<trial> trials;
  for (const plan& script : scripts()) {
    const outcome quiet = live(script);
    if (quiet.violation) {
      told.first = failure{script.seed, *quiet.violation};
      return told;
    }
    told.operations += quiet.kinds.size();
    for (std::size_t number = 0; number < quiet.kinds.size(); ++number) {
      for (const std::int32_t error : errors_of(quiet.kinds[number])) {
        trial one{script, quiet.kinds[number]};
        one.set.fail_number = number + 1;
        one.set.fail_value = -error;
        trials.push_back(std::move(one));
      }
    }
  }
  told.histories = trials.size();
  std::fflush(nullptr);
  for (unsigned job = 0; job < jobs; ++job) {
    if (::fork() != 0) continue;
    for (std::size_t i = job; i < trials.size(); i += jobs) {
      const auto broken = fails(trials[i].set);
      if (!broken) continue;
      fmt::print("{}: {}\n", describe(trials[i]), *broken);
      std::fflush(stdout);
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  while (::wait(&status) > 0) {
    if (status != 0) told.first = failure{0, "see above"};
  }
  return told;
}

}  // namespace wf::sim
