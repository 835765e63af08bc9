// No bytes crash the decoder of progress rows, and those it accepts are the ones the encoder writes.
#include <cstddef>
#include <cstdint>

#include "waveforge/base/check.hpp"
#include "waveforge/session/fact.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (const auto row = wf::session::decode_progress(bytes); row) {
    WF_CHECK(wf::session::encode_progress(*row) == bytes);
  } else {
    WF_CHECK(row.error().code == wf::errc::damaged);
  }
  return 0;
}
