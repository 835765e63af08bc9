// A head parses the same whole and in pieces, with and without vectors; framing of any head that parses is judged.
#include <string>

#include "support/fuzz_pieces.hpp"
#include "waveforge/http/body_framing.hpp"
#include "waveforge/http/forwarded.hpp"
#include "waveforge/http/head_parser.hpp"

namespace {

using namespace wf::http;
using wf::fuzz::expect;

std::string describe(progress state, const head_parser& parser) {
  if (state == progress::more) return "more";
  if (state == progress::refused) {
    expect(!parser.why().detail.empty(), "a refusal has a sentence");
    return "refused " + std::to_string(to_number(parser.why().code)) + std::string{parser.why().detail};
  }
  const request_head& head = parser.head();
  std::string text = std::string{head.verb_text()} + '\1' + std::string{head.path()} + '\1' +
                     std::string{head.query()} + '\1' + std::string{head.authority()} + '\1' +
                     std::to_string(head.length_bytes()) + '\1' + std::to_string(static_cast<int>(head.form())) +
                     std::to_string(head.version_minor());
  for (const auto [name, value] : head.fields()) {
    expect(is_token(name) && is_field_value(value), "a field is made of what fields are made of");
    text += '\1' + std::string{name} + '\2' + std::string{value};
  }
  if (const auto framing = judge_framing(head)) {
    expect(framing->kind != body_kind::chunked || head.version_minor() == 1, "HTTP/1.0 has no chunked bodies");
    expect((framing->kind == body_kind::length) == (framing->length_bytes != 0), "a length is never 0");
  }
  (void)read_forwarded(head.fields());
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::cut_input input{data, size};
  const wf::fuzz::exact_copy whole{input.text()};
  head_parser fast;
  const std::string expected = describe(fast.parse(whole.view()), fast);
  head_parser portable;
  expect(describe(portable.parse_portably(whole.view()), portable) == expected, "vectors and table agree");

  head_parser slow;
  progress state = progress::more;
  for (std::size_t end = 0; state == progress::more && end < whole.view().size();) {
    end = std::min(end + input.next_size(), whole.view().size());
    const wf::fuzz::exact_copy so_far{whole.view().substr(0, end)};
    state = slow.parse(so_far.view());
    if (state == progress::done) slow.head().rebase(whole.view().data());
  }
  expect(describe(state, slow) == expected, "a head does not depend on how it was cut");
  return 0;
}
