// No bytes crash the reader of keys, and those it accepts are the ones the writers make.
#include <cstddef>
#include <cstdint>

#include "waveforge/base/check.hpp"
#include "waveforge/session/fact.hpp"

namespace {

std::string key_again(const wf::session::parsed_key& key) {
  using namespace wf::session;
  switch (key.kind) {
    case fact_kind::session: return session_key(key.id);
    case fact_kind::work: return work_key(key.id);
    case fact_kind::chunk: return chunk_key(key.id, key.index);
    case fact_kind::progress: return progress_key(key.id, key.index);
    case fact_kind::expiry: return expiry_key(key.at, key.id);
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (const auto key = wf::session::parse_key(bytes); key) {
    WF_CHECK(key_again(*key) == bytes);
  } else {
    WF_CHECK(key.error().code == wf::errc::damaged);
  }
  return 0;
}
