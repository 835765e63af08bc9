// No bytes crash the decoder of session rows, and those it accepts are the ones the encoder writes.
#include <cstddef>
#include <cstdint>

#include "waveforge/base/check.hpp"
#include "waveforge/session/fact.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  wf::session::recording row;
  row.name = "before";
  if (const auto read = wf::session::decode_session(bytes, row); read) {
    WF_CHECK(wf::session::encode_session(row) == bytes);
  } else {
    WF_CHECK(read.error().code == wf::errc::damaged);
    WF_CHECK(row.name == "before");
  }
  return 0;
}
