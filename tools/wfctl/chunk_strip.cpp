#include "wfctl/chunk_strip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace wf::ctl {

namespace {

constexpr std::uint32_t signs_a_line = 64;
constexpr std::uint32_t lines_max = 16;

enum class fill : std::uint8_t { absent, created, begun, complete };

fill fill_of(const session::chunk* one) noexcept {
  if (one == nullptr) return fill::absent;
  if (one->complete()) return fill::complete;
  return one->promised_bytes > 0 ? fill::begun : fill::created;
}

/// Of a run of chunks: what they all are, or begun when they differ.
fill fill_of(const session::chunk_map& chunks, std::uint32_t from, std::uint32_t to) noexcept {
  const fill first = fill_of(chunks.find(from));
  for (std::uint32_t index = from + 1; index < to; ++index) {
    if (fill_of(chunks.find(index)) != first) return fill::begun;
  }
  return first;
}

struct signs {
  std::array<std::string_view, 4> of;
};
constexpr signs drawn{{"·", "░", "▒", "█"}};
constexpr signs plain{{".", "o", "+", "#"}};

}  // namespace

std::string chunk_strip(const session::recording& value, const look& with) {
  const std::uint32_t end = std::max(value.total.value_or(0), value.chunks.end_index());
  if (end == 0) return {};
  const std::uint32_t each = (end - 1) / (signs_a_line * lines_max) + 1;
  const signs& use = with.glyphs ? drawn : plain;
  const auto sign = [&](fill what) { return use.of[static_cast<std::size_t>(what)]; };
  const std::size_t label = std::to_string(end - 1).size();
  std::string out;
  for (std::uint32_t line = 0; line < end; line += each * signs_a_line) {
    fmt::format_to(std::back_inserter(out), "{:>{}} ", line, label);
    for (std::uint32_t at = line; at < std::min(end, line + each * signs_a_line); at += each) {
      out += sign(fill_of(value.chunks, at, std::min(end, at + each)));
    }
    out += '\n';
  }
  fmt::format_to(std::back_inserter(out), "{:{}} {} complete  {} begun  {} empty  {} not there", "", label,
                 sign(fill::complete), sign(fill::begun), sign(fill::created), sign(fill::absent));
  if (each > 1) fmt::format_to(std::back_inserter(out), "  (a sign is {} chunks)", each);
  return out + "\n";
}

}  // namespace wf::ctl
