// A range lies inside the recording; entity tags, dates, hosts and parameters read any bytes.
#include <cstring>
#include <string>

#include "support/fuzz_pieces.hpp"
#include "waveforge/http/chars.hpp"
#include "waveforge/http/content_disposition.hpp"
#include "waveforge/http/date.hpp"
#include "waveforge/http/entity_tag.hpp"
#include "waveforge/http/host.hpp"
#include "waveforge/http/media_type.hpp"
#include "waveforge/http/range.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace wf::http;
  using wf::fuzz::expect;
  std::uint64_t total = 0;
  if (size < sizeof total) return 0;
  std::memcpy(&total, data, sizeof total);
  const wf::fuzz::exact_copy copy{{reinterpret_cast<const char*>(data) + sizeof total, size - sizeof total}};
  const std::string_view text = copy.view();
  for (const std::uint64_t length : {total, total & 0xffffU}) {
    const range_choice choice = choose_range(text, length);
    if (choice.kind == range_kind::part) {
      expect(choice.first_byte <= choice.last_byte && choice.last_byte < length, "a range lies inside");
      expect(choice.length_bytes() <= length, "a range is no longer than the whole");
    }
  }
  if (const auto tag = parse_entity_tag(text)) {
    expect(none_match_hits(text, *tag), "a tag matches itself");
    expect(if_range_holds(text, *tag) == !tag->weak, "only a strong tag holds");
  }
  (void)none_match_hits(text, {"a", false});
  if (const auto time = parse_date(text)) {
    if (text.substr(23, 2) != "60") expect(as_view(format_date(*time)) == text, "a date is written as it was read");
  }
  (void)is_valid_host(text);
  if (const auto type = media_type::parse(text)) (void)type->parameter("boundary");
  (void)parse_form_disposition(text);
  expect(is_field_value(attachment_disposition(text, "recording")), "a disposition can always be sent");
  return 0;
}
