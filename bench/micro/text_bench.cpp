// What a request's text costs after its head: chunked framing, metadata, base64, crc32c, the way to a route.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "waveforge/api/route.hpp"
#include "waveforge/base/crc32c.hpp"
#include "waveforge/http/chunked_decoder.hpp"
#include "waveforge/tus/base64.hpp"
#include "waveforge/tus/metadata.hpp"

namespace wf::bench {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> out(text.size());
  std::memcpy(out.data(), text.data(), text.size());
  return out;
}

/// Half a megabyte in chunks of the given size.
void chunked_decoder(benchmark::State& state) {
  const auto chunk = static_cast<std::size_t>(state.range(0));
  char size[32];
  (void)std::snprintf(size, sizeof size, "%zx\r\n", chunk);
  std::string text;
  for (std::size_t made = 0; made < 512 * 1024; made += chunk) text += size + std::string(chunk, 'x') + "\r\n";
  text += "0\r\n\r\n";
  const auto body = bytes_of(text);
  for (auto _ : state) {
    http::chunked_decoder decoder;
    std::span<const std::byte> left{body};
    std::size_t data = 0;
    for (;;) {
      const auto step = decoder.next(left);
      data += step.data.size();
      left = left.subspan(step.consumed_bytes);
      if (step.state == http::progress::done) break;
      if (step.state == http::progress::refused) state.SkipWithError("refused");
      if (step.state == http::progress::refused || left.empty()) break;
    }
    benchmark::DoNotOptimize(data);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(chunked_decoder)->Arg(256)->Arg(4096)->Arg(65536);

void metadata(benchmark::State& state) {
  constexpr std::string_view value =
      "chunkIndex NDI=,chunkSize MTA0ODU3Ng==,recordingName SW50ZXJ2aWV3IG1pdCBNw7xsbGVyLndlYm0=,format "
      "YXVkaW8vd2VibTtjb2RlY3M9b3B1cw==,duration NDAwMA==";
  for (auto _ : state) {
    const auto parsed = tus::upload_metadata::parse(value, limits::session_metadata_bytes_max);
    if (!parsed) state.SkipWithError("refused");
    const auto read = tus::read_chunk_metadata(*parsed);
    if (!read) state.SkipWithError("not understood");
    benchmark::DoNotOptimize(read->index);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(value.size()));
}
BENCHMARK(metadata);

void base64(benchmark::State& state) {
  std::string text;
  while (text.size() < 1024) text += "SW50ZXJ2aWV3IG1pdCBN";
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!tus::decode_base64(text, out)) state.SkipWithError("refused");
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(base64);

void crc32c_of(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  std::uint32_t sum = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sum = crc32c(sum, bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(crc32c_of)->Name("crc32c")->Arg(64)->Arg(4096)->Arg(512 * 1024);

void route(benchmark::State& state) {
  constexpr std::string_view path = "/files/3f2b8c64-1d5e-4c0a-9a63-0d2f5b8f7e11/chunks/42";
  const store::capabilities everything{};
  for (auto _ : state) {
    const auto at = api::find_address(path, "/tus/");
    if (!at) state.SkipWithError("no address");
    benchmark::DoNotOptimize(api::find_route(at->where, http::method::patch, everything));
  }
}
BENCHMARK(route);

}  // namespace
}  // namespace wf::bench
