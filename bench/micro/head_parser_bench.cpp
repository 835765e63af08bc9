// The head parser on what clients really send, beside http_parser (the parser Node used to have) on the same bytes.
#include <benchmark/benchmark.h>
#include <http_parser.h>

#include "browser_head.hpp"
#include "waveforge/http/head_parser.hpp"

namespace wf::bench {
namespace {

void ours(benchmark::State& state, std::string_view head) {
  http::head_parser parser;
  for (auto _ : state) {
    parser.reset();
    if (parser.parse(head) != http::progress::done) state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(parser.head().length_bytes());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(head.size()));
}

struct kept {
  std::size_t fields{0};
  std::size_t bytes{0};
  bool complete{false};
};

// It tells pieces and keeps nothing, so the least a user would do is done: counting and noting where values are.
void peer(benchmark::State& state, std::string_view head) {
  http_parser_settings settings{};
  http_parser_settings_init(&settings);
  const auto note = [](http_parser* parser, const char* at, std::size_t length) {
    auto& into = *static_cast<kept*>(parser->data);
    benchmark::DoNotOptimize(at);
    into.bytes += length;
    ++into.fields;
    return 0;
  };
  settings.on_url = note;
  settings.on_header_field = note;
  settings.on_header_value = note;
  settings.on_headers_complete = [](http_parser* parser) {
    static_cast<kept*>(parser->data)->complete = true;
    return 0;
  };
  for (auto _ : state) {
    http_parser parser;
    http_parser_init(&parser, HTTP_REQUEST);
    kept found;
    parser.data = &found;
    const std::size_t taken = http_parser_execute(&parser, &settings, head.data(), head.size());
    benchmark::DoNotOptimize(taken);
    if (!found.complete) state.SkipWithError("not parsed");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(head.size()));
}

BENCHMARK_CAPTURE(ours, browser, patch_head)->Name("head_parser/ours_patch");
BENCHMARK_CAPTURE(peer, browser, patch_head)->Name("head_parser/http_parser_patch");
BENCHMARK_CAPTURE(ours, small, short_head)->Name("head_parser/ours_short");
BENCHMARK_CAPTURE(peer, small, short_head)->Name("head_parser/http_parser_short");

}  // namespace
}  // namespace wf::bench
