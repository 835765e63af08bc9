// A chunked body decodes the same whole, in pieces and in place; a decoded body encoded again decodes to itself.
#include <cstdio>
#include <string>

#include "support/fuzz_pieces.hpp"
#include "waveforge/http/chunked_decoder.hpp"

namespace {

using namespace wf::http;
using wf::fuzz::expect;

struct outcome {
  std::string data{};
  std::size_t consumed_bytes{0};
  progress state{progress::more};
  std::string rest{};
  friend bool operator==(const outcome&, const outcome&) = default;
};

void finish(outcome& result, const chunked_decoder& decoder) {
  expect(decoder.data_bytes() == result.data.size(), "payload is counted");
  if (result.state == progress::refused)
    result.rest = std::to_string(to_number(decoder.why().code)) + std::string{decoder.why().detail};
  if (result.state != progress::done) return;
  for (const auto [name, value] : decoder.trailers()) {
    expect(is_token(name) && is_field_value(value), "a trailer is a field");
    result.rest += std::string{name} + '\1' + std::string{value} + '\1';
  }
}

template <typename Size>
outcome decode(std::string_view text, bool in_place, Size next_size) {
  outcome result;
  chunked_decoder decoder;
  while (result.state == progress::more && !text.empty()) {
    const std::string_view piece = text.substr(0, next_size());
    const wf::fuzz::exact_copy copy{piece};
    std::size_t used = 0;
    if (in_place) {
      const auto step = decoder.decode(copy.bytes());
      result.data.append(copy.view().substr(0, step.data_bytes));
      expect(step.data_bytes <= step.consumed_bytes && step.consumed_bytes <= piece.size(), "nothing is made up");
      result.state = step.state;
      used = step.consumed_bytes;
    } else {
      while (result.state == progress::more && used < piece.size()) {
        const auto step = decoder.next(copy.bytes().subspan(used));
        expect(step.consumed_bytes != 0 || step.state != progress::more, "every step gets somewhere");
        result.data.append(reinterpret_cast<const char*>(step.data.data()), step.data.size());
        result.state = step.state;
        used += step.consumed_bytes;
      }
    }
    result.consumed_bytes += used;
    expect(result.state != progress::more || used == piece.size(), "all input is read");
    text.remove_prefix(used);
  }
  finish(result, decoder);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::cut_input input{data, size};
  const auto everything = [] { return std::string_view::npos; };
  const auto pieces = [&input] { return input.next_size(); };
  const outcome expected = decode(input.text(), false, everything);
  expect(decode(input.text(), true, everything) == expected, "in place is the same");
  expect(decode(input.text(), false, pieces) == expected, "pieces are the same");
  expect(decode(input.text(), true, pieces) == expected, "pieces in place are the same");

  char size_line[32];
  const int length = std::snprintf(size_line, sizeof size_line, "%zx\r\n", expected.data.size());
  std::string again =
      expected.data.empty() ? "" : std::string(size_line, static_cast<std::size_t>(length)) + expected.data + "\r\n";
  again += "0\r\n\r\n";
  const outcome twice = decode(again, true, pieces);
  expect(twice.state == progress::done && twice.data == expected.data && twice.consumed_bytes == again.size(),
         "what is encoded decodes");
  return 0;
}
