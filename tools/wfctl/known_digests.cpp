#include "wfctl/known_digests.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "waveforge/base/crc32c.hpp"
#include "waveforge/session/manifest.hpp"
#include "waveforge/store/recording_names.hpp"
#include "wfctl/file_reader.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

std::optional<std::uint32_t> read_sum(simdjson::dom::element one) {
  std::string_view text;
  std::uint32_t sum = 0;
  if (one["crc32c"].get(text) != simdjson::SUCCESS || text.size() != 8) return std::nullopt;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), sum, 16);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return sum;
}

void forget_unless_known(std::vector<chunk_sum>& chunks) {
  const bool any = std::ranges::any_of(chunks, [](const chunk_sum& one) { return one.crc32c.has_value(); });
  if (!any) chunks.clear();
}

}  // namespace

std::uint64_t version_of_manifest(std::string_view manifest) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text{manifest};
  simdjson::dom::element all;
  std::uint64_t version = 0;
  if (parser.parse(text).get(all) != simdjson::SUCCESS) return 0;
  return all["manifest_version"].get(version) == simdjson::SUCCESS ? version : 0;
}

known_digests read_digests(std::string_view manifest) {
  known_digests out;
  if (version_of_manifest(manifest) > session::manifest_version) return out;
  simdjson::dom::parser parser;
  const simdjson::padded_string text{manifest};
  simdjson::dom::element all;
  if (parser.parse(text).get(all) != simdjson::SUCCESS) return out;
  std::string_view digest;
  if (all["sha256"].get(digest) == simdjson::SUCCESS && digest.size() == 64) out.sha256 = digest;
  simdjson::dom::array chunks;
  if (all["chunks"].get(chunks) != simdjson::SUCCESS) return out;
  for (const simdjson::dom::element one : chunks) {
    std::uint64_t index = 0;
    chunk_sum sum;
    const bool read =
        one["index"].get(index) == simdjson::SUCCESS && one["length"].get(sum.length_bytes) == simdjson::SUCCESS;
    sum.index = static_cast<std::uint32_t>(index);
    sum.crc32c = read_sum(one);
    if (!read) return {out.sha256, {}};
    out.chunks.push_back(sum);
  }
  forget_unless_known(out.chunks);
  return out;
}

known_digests digests_of(const session::recording& value) {
  known_digests out;
  if (value.sha256) out.sha256 = hex_of(std::as_bytes(std::span{*value.sha256}));
  for (const auto& [index, one] : value.chunks.all()) {
    out.chunks.push_back({index, one.length_bytes.value_or(0), one.crc32c});
  }
  forget_unless_known(out.chunks);
  return out;
}

known_digests digests_of(const session::recording& value, const std::filesystem::path& completed) {
  known_digests out = digests_of(value);
  known_digests told = read_digests(read_text(completed / store::manifest_name));
  if (out.sha256.empty()) out.sha256 = std::move(told.sha256);
  if (out.chunks.empty()) out.chunks = std::move(told.chunks);
  return out;
}

void chunk_checker::end_full_chunks() {
  while (at_ < chunks_.size() && seen_ == chunks_[at_].length_bytes) {
    if (chunks_[at_].crc32c && *chunks_[at_].crc32c != sum_) wrong_.push_back(chunks_[at_].index);
    ++at_;
    seen_ = 0;
    sum_ = 0;
  }
}

void chunk_checker::add(std::span<const std::byte> bytes) {
  end_full_chunks();  // empty chunks in front
  while (!bytes.empty() && at_ < chunks_.size()) {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), chunks_[at_].length_bytes - seen_));
    if (chunks_[at_].crc32c) sum_ = crc32c(sum_, bytes.first(size));
    seen_ += size;
    bytes = bytes.subspan(size);
    end_full_chunks();
  }
}

}  // namespace wf::ctl
