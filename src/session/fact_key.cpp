#include <charconv>

#include "waveforge/session/binary.hpp"
#include "waveforge/session/fact.hpp"

namespace wf::session {

namespace {

// The letter of the name space: recordings and uploads with one id are two sessions.
constexpr char letter_of(id_space space) noexcept {
  return space == id_space::recording ? 'r' : 'u';
}

std::string id_key(fact_kind kind, const session_id& id) {
  std::string key;
  key.reserve(2 + id.text().size() + 5);
  key.push_back(static_cast<char>(kind));
  key.push_back(letter_of(id.space()));
  key.append(id.text());
  return key;
}

std::string indexed_key(fact_kind kind, const session_id& id, std::uint32_t index) {
  binary_writer tail;
  tail.be32(index);
  return chunk_prefix(kind, id) + tail.take();
}

std::int64_t to_ms(utc_time at) noexcept {
  return at.time_since_epoch().count();
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
  std::string key = id_key(kind, id);
  key.push_back('\0');  // ends the id: no id is a prefix of another one's keys
  return key;
}

std::string expiry_key(utc_time at, const session_id& id) {
  binary_writer head;
  head.u8(static_cast<std::uint8_t>(fact_kind::expiry));
  head.be64(static_cast<std::uint64_t>(to_ms(at)));
  return head.take() + id_key(fact_kind::expiry, id).substr(1);
}

result<parsed_key> parse_key(std::string_view key) {
  const auto unknown = [] { return fail(errc::damaged, "a key of the facts has a form that no version wrote"); };
  binary_reader reader{key};
  parsed_key out;
  out.kind = static_cast<fact_kind>(reader.u8());
  if (out.kind == fact_kind::expiry) {
    out.at = utc_time{std::chrono::milliseconds{static_cast<std::int64_t>(reader.be64())}};
  }
  const char letter = static_cast<char>(reader.u8());
  if (!reader.ok() || (letter != 'r' && letter != 'u')) return unknown();
  std::string_view rest = reader.rest();
  switch (out.kind) {
    case fact_kind::session:
    case fact_kind::work:
    case fact_kind::expiry: break;
    case fact_kind::chunk:
    case fact_kind::progress: {
      const std::size_t end = rest.find('\0');
      if (end == std::string_view::npos) return unknown();
      binary_reader tail{rest.substr(end + 1)};
      out.index = tail.be32();
      if (!tail.ended_well()) return unknown();
      rest = rest.substr(0, end);
      break;
    }
    default: return unknown();
  }
  auto id = session_id::from_stored(letter == 'r' ? id_space::recording : id_space::upload, rest);
  if (!id) return fail(id.error());
  out.id = *id;
  return out;
}

}  // namespace wf::session
