#include "waveforge/tus/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <string_view>
#include <utility>

#include "waveforge/tus/checksum.hpp"

namespace wf::tus {

std::string tus_extension(const capabilities& can) {
  const std::array<std::pair<bool, std::string_view>, 9> extensions{{
      {can.creation, "creation"},
      {can.creation && can.creation_with_upload, "creation-with-upload"},
      {can.creation && can.creation_defer_length, "creation-defer-length"},
      {can.expiration, "expiration"},
      {can.checksum, "checksum"},
      {can.checksum && can.checksum_trailer, "checksum-trailer"},
      {can.termination, "termination"},
      {can.concatenation, "concatenation"},
      {can.concatenation && can.concatenation_unfinished, "concatenation-unfinished"},
  }};
  std::string list;
  for (const auto& [offered, name] : extensions) {
    if (!offered) continue;
    if (!list.empty()) list += ',';
    list += name;
  }
  return list;
}

std::string tus_checksum_algorithm(const capabilities& can) {
  return can.checksum ? fmt::format("{}", fmt::join(checksum_names, ",")) : std::string{};
}

}  // namespace wf::tus
