// A form has the same parts whole and in pieces, and a part's bytes put into a form again come out as they went in.
#include <string>

#include "support/fuzz_pieces.hpp"
#include "waveforge/http/multipart.hpp"

namespace {

using namespace wf::http;
using wf::fuzz::expect;
using event = multipart_parser::event;

template <typename Size>
std::string parse(std::string_view text, Size next_size) {
  auto parser = multipart_parser::for_content_type("multipart/form-data; boundary=b-");
  std::string seen;
  bool open = false;
  bool stopped = false;
  while (!stopped && !text.empty()) {
    const wf::fuzz::exact_copy copy{text.substr(0, next_size())};
    std::size_t used = 0;
    for (bool more = true; more && !stopped;) {
      const auto step = parser->next(copy.bytes().subspan(used));
      used += step.consumed_bytes;
      expect(used <= copy.view().size(), "no more is consumed than there is");
      switch (step.what) {
        case event::more:
          expect(used == copy.view().size(), "all input is read");
          more = false;
          break;
        case event::part_begin:
          expect(!open, "parts do not nest");
          open = true;
          seen += "[" + parser->part().disposition.name + "|" + parser->part().disposition.file_name.value_or("-") +
                  "|" + parser->part().content_type + ":";
          break;
        case event::part_data:
          expect(open && !step.data.empty(), "bytes belong to a part");
          seen.append(reinterpret_cast<const char*>(step.data.data()), step.data.size());
          break;
        case event::part_end:
          expect(open, "only an open part ends");
          open = false;
          seen += ']';
          break;
        case event::finished:
          expect(!open, "a form ends between parts");
          seen += '$';
          stopped = true;
          break;
        case event::refused:
          seen += "!" + std::string{parser->why().detail};
          stopped = true;
          break;
      }
    }
    text.remove_prefix(copy.view().size());
  }
  expect(parser->end_of_body().has_value() != (stopped && seen.ends_with('$')), "only a finished form is whole");
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::cut_input input{data, size};
  const auto everything = [] { return std::string_view::npos; };
  const auto pieces = [&input] { return input.next_size(); };
  expect(parse(input.text(), pieces) == parse(input.text(), everything), "a form does not depend on how it was cut");

  // As the body of a part, unless it contains the delimiter, the same bytes come out.
  const std::string body = std::string{input.text()};
  if (("\r\n" + body + "\r\n--b-").find("\r\n--b-") != body.size() + 2) return 0;
  const std::string form = "--b-\r\nContent-Disposition: form-data; name=f\r\n\r\n" + body + "\r\n--b---";
  expect(parse(form, pieces) == "[f|-|:" + body + "]$", "bytes come out as they went in");
  return 0;
}
