#include "fault/support/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace wf::test {

const char* name_of(level value) noexcept {
  switch (value) {
    case level::none: return "none";
    case level::chunk: return "chunk";
    case level::patch: return "patch";
  }
  return "?";
}

std::string recording_note::path_of(std::uint32_t index) const {
  return where == surface::session ? chunk_path(session, index) : session;
}

void ledger::acknowledged() {
  const std::uint64_t count = acknowledgements_.fetch_add(1) + 1;
  if (told_) told_(count);
}

void ledger::ask_to_create(chunk_note& one) {
  if (!one.create_asked) one.create_asked_in_vain = power_.load() == power::gone;
  one.create_asked = true;
}

void ledger::ask_to_keep(chunk_note& one, std::uint64_t until) {
  if (until <= one.sent_bytes) return;
  if (power_.load() == power::gone) one.sent_in_vain_from = std::min(one.sent_in_vain_from, one.sent_bytes);
  one.sent_bytes = until;
}

void ledger::ask_to_delete(recording_note& of) {
  if (!of.delete_asked) of.delete_asked_in_vain = power_.load() == power::gone;
  of.delete_asked = true;
}

void ledger::created(recording_note& of, std::uint32_t index) {
  told(of, index, 0, "201");
}

void ledger::told(recording_note& of, std::uint32_t index, std::uint64_t offset, const char* by) {
  std::string lie;
  {
    const std::lock_guard lock{of.mutex};
    chunk_note& one = of.chunks[index];
    const bool lasts = level_ == level::patch || (level_ == level::chunk && offset == one.length_bytes);
    if (level_ != level::none && one.create_asked_in_vain) {
      lie = fmt::format("chunk {} was created by {} when there was no disk", index, by);
    }
    if (lasts && offset > one.sent_in_vain_from) {
      lie = fmt::format("chunk {}: {} bytes acknowledged by {}, without a disk for them", index, offset, by);
    }
    if (power_.load() == power::on) {
      one.create_told = true;
      if (offset > one.told_bytes) one.told_by = by;
      if (lasts) one.durable_bytes = std::max(one.durable_bytes, offset);
    }
    one.told_bytes = std::max(one.told_bytes, offset);
  }
  if (!lie.empty()) violation(of, lie);
  acknowledged();
}

void ledger::seen(recording_note& of, const session_status& now, std::uint64_t removals) {
  if (now.http_status != 200) return;
  {
    const std::lock_guard lock{of.mutex};
    if (of.removals != removals) return;
  }
  if (now.state == "assembled") return assembled(of);
  for (std::uint32_t index = 0; index < of.chunks.size(); ++index) {
    const auto partial = now.partial_chunks.find(index);
    if (partial != now.partial_chunks.end()) {
      told(of, index, partial->second, "status");
    } else if (now.total_chunks && std::ranges::find(now.missing_chunks, index) == now.missing_chunks.end()) {
      told(of, index, of.chunks[index].length_bytes, "status");
    }
  }
}

void ledger::assembled(recording_note& of) {
  {
    const std::lock_guard lock{of.mutex};
    if (of.assembled_told || power_.load() != power::on) return;
    of.assembled_told = true;
    for (chunk_note& one : of.chunks) {
      one.create_told = true;
      one.told_bytes = one.length_bytes;
      if (level_ != level::none) one.durable_bytes = one.length_bytes;
    }
  }
  acknowledged();
}

void ledger::deleted(recording_note& of) {
  bool lie = false;
  {
    const std::lock_guard lock{of.mutex};
    lie = of.delete_asked_in_vain;
    if (power_.load() == power::on) of.delete_told = true;
  }
  if (lie) violation(of, "it was removed when there was no disk");
  acknowledged();
}

void ledger::violation(const recording_note& of, const std::string& what) {
  const std::lock_guard lock{mutex_};
  violations_.push_back(fmt::format("recording {} ({}): {}", of.number, of.session, what));
}

std::vector<std::string> ledger::violations() const {
  const std::lock_guard lock{mutex_};
  return violations_;
}

}  // namespace wf::test
