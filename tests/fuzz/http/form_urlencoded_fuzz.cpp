// Form fields that are taken, encoded again, read back the same.
#include <string>

#include "support/fuzz_pieces.hpp"
#include "waveforge/base/json_writer.hpp"
#include "waveforge/http/form_urlencoded.hpp"
#include "waveforge/http/percent.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using wf::fuzz::expect;
  const wf::fuzz::exact_copy copy{{reinterpret_cast<const char*>(data), size}};
  if (const auto form = wf::http::form_values::parse(copy.view())) {
    std::string again;
    for (const auto& [name, value] : form->pairs()) {
      if (!again.empty()) again += '&';
      wf::http::percent_encode(name, again);
      again += '=';
      wf::http::percent_encode(value, again);
    }
    const auto twice = wf::http::form_values::parse(again);
    expect(twice && twice->pairs() == form->pairs(), "a form encoded again is the same form");
  }
  std::string json;
  wf::append_json_text(json, copy.view());
  expect(wf::is_utf8(json), "JSON text is UTF-8");
  for (const char c : json) expect(static_cast<unsigned char>(c) >= 0x20, "JSON text has no control characters");
  return 0;
}
