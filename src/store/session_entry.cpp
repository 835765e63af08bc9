#include "waveforge/store/session_entry.hpp"

#include <fmt/format.h>

namespace wf::store {

namespace {

std::string to_hex(const std::array<std::uint8_t, 32>& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

}  // namespace

chunk_view session_entry::view_chunk(std::uint32_t index, const session::chunk& one,
                                     const session::expiry_rules& rules) const {
  chunk_view out;
  out.index = chunk_index{index};
  out.length_bytes = one.length_bytes;
  out.offset_bytes = one.promised_bytes;
  out.metadata = one.metadata;
  out.concat = one.concat;
  out.session_state = value.now;
  out.expires_at = session::expires_at(value, rules);
  return out;
}

session_view session_entry::view(const session::expiry_rules& rules) const {
  session_view out;
  out.id = id_;
  out.state = value.now;
  out.version = version;
  out.total_chunks = value.total;
  out.chunks_complete = value.chunks.complete_count();
  out.missing = value.chunks.missing_below(value.total.value_or(value.chunks.end_index()));
  for (const auto& [index, one] : value.chunks.all()) {
    if (!one.complete() && one.promised_bytes > 0) out.partial.emplace(index, one.promised_bytes);
  }
  out.bytes_received = value.chunks.promised_bytes();
  out.assembly_progress = value.now == session::state::assembled ? 1.0 : assembly_progress;
  out.recording_name = value.name;
  out.format = value.format;
  out.created_at = value.created_at;
  out.updated_at = value.updated_at();
  out.expires_at = session::expires_at(value, rules);
  if (value.now == session::state::assembled) {
    out.recording = recording_view{value.size_bytes, {}};
    if (value.sha256) out.recording->sha256_hex = to_hex(*value.sha256);
  }
  out.failure = value.failure;
  return out;
}

bool session_entry::is_whole() const {
  return value.total && value.chunks.all_written(*value.total, replacing);
}

result<void> session_entry::usable() const {
  if (!known) return fail(errc::not_found, "there is no such session; it begins with its first chunk");
  if (value.now == session::state::expired)
    return fail(errc::expired, "the session has expired and its bytes are gone");
  if (value.now == session::state::cancelled)
    return fail(errc::cancelled, "the session was cancelled and its bytes are gone");
  if (value.now == session::state::damaged) return fail(errc::damaged, value.failure);
  if (removal_in_doubt) {
    return fail(
        errc::io_failed,
        "the disk failed while this session or a chunk of it was removed; see to the disk and restart the server, "
        "which then knows what is there");
  }
  return {};
}

void session_hold::release() noexcept {
  if (!entry_) return;
  bool last = false;
  {
    const std::lock_guard lock{entry_->mutex};
    last = --entry_->operations == 0;
  }
  entry_->changed.notify_all();
  if (last) entry_->files.budget().session_fell_idle();
  entry_.reset();
}

}  // namespace wf::store
