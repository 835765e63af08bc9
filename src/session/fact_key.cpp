#include "stored_time.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/session/binary.hpp"
#include "waveforge/session/fact.hpp"

namespace wf::session {

namespace {

// The letter of the name space: recordings and uploads with one id are two sessions.
constexpr char letter_of(id_space space) noexcept {
  return space == id_space::recording ? 'r' : 'u';
}

/// The zero byte ends the id: no session's keys begin with another one's.
void append_id(std::string& key, const session_id& id) {
  key.push_back(letter_of(id.space()));
  key.append(id.text());
  key.push_back('\0');
}

std::string id_key(fact_kind kind, const session_id& id) {
  std::string key;
  key.reserve(3 + id.text().size() + sizeof(std::uint32_t));
  key.push_back(static_cast<char>(kind));
  append_id(key, id);
  return key;
}

std::string indexed_key(fact_kind kind, const session_id& id, std::uint32_t index) {
  binary_writer tail;
  tail.be32(index);
  return id_key(kind, id) + tail.take();
}

}  // namespace

std::string session_key(const session_id& id) {
  return id_key(fact_kind::session, id);
}
std::string work_key(const session_id& id) {
  return id_key(fact_kind::work, id);
}
std::string chunk_key(const session_id& id, std::uint32_t index) {
  return indexed_key(fact_kind::chunk, id, index);
}
std::string progress_key(const session_id& id, std::uint32_t index) {
  return indexed_key(fact_kind::progress, id, index);
}
std::string chunk_prefix(fact_kind kind, const session_id& id) {
  return id_key(kind, id);
}

std::string expiry_key(utc_time at, const session_id& id) {
  binary_writer head;
  head.u8(static_cast<std::uint8_t>(fact_kind::expiry));
  head.be64(to_stored(at));
  std::string key = head.take();
  append_id(key, id);
  return key;
}

std::string_view owner_of(std::string_view key) noexcept {
  const bool timed = !key.empty() && key.front() == static_cast<char>(fact_kind::expiry);
  const std::size_t before = timed ? 1 + sizeof(std::uint64_t) : 1;
  if (key.size() <= before) return key;
  const std::string_view rest = key.substr(before);
  const std::size_t end = rest.find('\0');
  return end == std::string_view::npos ? key : rest.substr(0, end + 1);
}

result<parsed_key> parse_key(std::string_view key) {
  const auto unknown = [] { return fail(errc::damaged, "a key of the facts has a form that no version wrote"); };
  binary_reader in{key};
  parsed_key out;
  out.kind = static_cast<fact_kind>(in.u8());
  if (out.kind == fact_kind::expiry) {
    const std::uint64_t at = in.be64();
    if (at > stored_time_max) return unknown();
    out.at = from_stored(at);
  }
  const char letter = static_cast<char>(in.u8());
  const std::size_t end = in.rest().find('\0');
  if ((letter != 'r' && letter != 'u') || end == std::string_view::npos) return unknown();
  const auto id =
      session_id::from_stored(letter == 'r' ? id_space::recording : id_space::upload, in.rest().substr(0, end));
  if (!id) return fail(id.error());
  out.id = *id;

  binary_reader tail{in.rest().substr(end + 1)};
  switch (out.kind) {
    case fact_kind::session:
    case fact_kind::work:
    case fact_kind::expiry: break;
    case fact_kind::chunk:
    case fact_kind::progress: out.index = tail.be32(); break;
    default: return unknown();
  }
  if (!tail.ended_well() || out.index > limits::chunk_index_max) return unknown();
  return out;
}

}  // namespace wf::session
