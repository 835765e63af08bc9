#include "fault/support/power_lab.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "fault/support/inspector.hpp"

namespace wf::test {
namespace {

using namespace std::chrono_literals;

/// The smallest XFS that mkfs makes; sparse, so it costs what is written.
constexpr std::uint64_t disk_bytes = 320ULL << 20U;

/// State and name of a thread: the fields around the name's parentheses in /proc/PID/task/TID/stat.
bool may_still_act(const std::filesystem::path& task) {
  std::ifstream file{task / "stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 2 >= text.size()) return false;  // it has ended
  if (text.find("(iou-wrk") != std::string::npos)
    return false;  // carries out what was asked before, and decides nothing
  const char state = text[name_end + 2];
  return state != 'T' && state != 'D' && state != 'Z';
}

/// The server takes no further step, though what it has asked the kernel for goes on. One that waits for the disk stops
/// when it returns.
void hold_still(const server_process& server) {
  ::kill(server.pid(), SIGSTOP);
  const std::filesystem::path tasks = fmt::format("/proc/{}/task", server.pid());
  for (bool moving = true; moving;) {
    moving = false;
    std::error_code ended;
    for (const auto& one : std::filesystem::directory_iterator{tasks, ended})
      moving = moving || may_still_act(one.path());
  }
}

}  // namespace

power_lab::power_lab(const setup& how) : how_{how}, draw_{how.seed}, bytes_{how.seed}, book_{how.durability} {
  data_ = std::make_unique<loop_disk>(how.kind, home_.path() / "data.img", home_.path() / "mnt", disk_bytes);
  const std::filesystem::path data_dir = data_->at() / "data";
  std::filesystem::create_directory(data_dir);
  if (how.facts_apart) {
    facts_ = std::make_unique<loop_disk>(how.kind, home_.path() / "facts.img", data_dir / ".facts", disk_bytes);
  }
  const char* write_modes[] = {"auto", "auto", "direct", "splice", "buffered"};
  flags_ = {"--session-rate", "0",
            "--durability",   name_of(how.durability),
            "--layout",       draw_() % 3 == 0 ? "files" : "auto",
            "--write-mode",   write_modes[draw_() % std::size(write_modes)],
            "--threads",      "2",
            "--min-free",     "0%",
            "--fan-out",      std::to_string(draw_() % 3)};
}

std::string power_lab::report() const {
  std::string out;
  for (const std::string& one : book_.violations()) out += one + "\n";
  return out + "before the cut:\n" + log_before_ + "after it:\n" + (server_ ? server_->log() : std::string{});
}

void power_lab::start() {
  if (server_) return server_->start_again();
  server_process::setup with;
  with.data_dir = data_->at() / "data";
  with.flags = flags_;
  with.program = how_.program;
  server_ = std::make_unique<server_process>(with);
}

void power_lab::inspect_all() {
  tus_client client{server_->port()};
  for (const auto& one : recordings_) inspect(book_, client, *one, crash::machine);
  while (recordings_.size() > clients_at_once * recordings_each) {
    old_.push_back(recordings_.back());
    recordings_.pop_back();
  }
}

void power_lab::cut_power() {
  std::call_once(*cut_once_, [this] {
    over_ = true;
    book_.set_power(power::going);
    // Two disks lose their power one after the other here, and a sync of the first may seem to succeed meanwhile: what
    // the server would do then on the other, no power cut would let it do.
    if (facts_) hold_still(*server_);
    if (facts_) facts_->cut();
    data_->cut();
    if (facts_) server_->signal(SIGCONT);
    book_.set_power(power::gone);
  });
}

bool power_lab::cycle() {
  start();
  inspect_all();
  if (!book_.violations().empty()) return false;
  over_ = false;
  std::once_flag once;
  cut_once_ = &once;
  const auto span = std::chrono::microseconds{2'000 + draw_() % 120'000};
  // Directly after an answer is when a promise without a sync behind it shows.
  const std::uint64_t at = draw_() % 2 == 0 ? book_.acknowledgements() + 1 + draw_() % 60 : UINT64_MAX;
  book_.on_acknowledgement([&](std::uint64_t count) {
    if (count == at) cut_power();
  });
  traffic clients{{how_.seed, &bytes_, &book_, &over_}, recordings_, next_number_};
  const std::uint64_t traffic_seed = draw_();
  const auto afterwards = std::chrono::milliseconds{draw_() % 20};
  std::atomic<bool> stop{false};
  {
    std::jthread killer{[&] {
      const auto until = std::chrono::steady_clock::now() + span;
      while (!over_.load() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(500us);
      cut_power();
      // What is acknowledged without a disk is held against the server, too.
      std::this_thread::sleep_for(afterwards);
      server_->signal(SIGKILL);
    }};
    clients.run(server_->port(), traffic_seed, stop);
  }
  book_.on_acknowledgement({});
  server_->kill();
  log_before_ = server_->log();
  book_.set_power(power::on);
  if (facts_) facts_->unmount();
  data_->mount_again();
  if (facts_) facts_->mount();
  return book_.violations().empty();
}

void power_lab::finish() {
  over_ = false;
  start();
  inspect_all();
  if (!book_.violations().empty()) return;
  recordings_.insert(recordings_.end(), old_.begin(), old_.end());
  uploader hands{{how_.seed, &bytes_, &book_, &over_}, draw_(), server_->port()};
  for (const auto& one : recordings_) {
    if (one->delete_told) continue;
    hands.complete(*one);
    hands.compare(*one);
  }
  if (server_->stop() != 0) throw std::runtime_error{"the server did not stop well:\n" + server_->log()};
}

}  // namespace wf::test
