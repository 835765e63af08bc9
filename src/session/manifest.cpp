#include "waveforge/session/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/rfc3339.hpp"

namespace wf::session {

namespace {

std::string_view without_blanks(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

/// The `key base64` pairs of an Upload-Metadata value. Neither part can hold a comma.
std::vector<std::string_view> pairs_of(std::string_view metadata) {
  std::vector<std::string_view> pairs;
  while (!metadata.empty()) {
    const std::size_t comma = std::min(metadata.find(','), metadata.size());
    if (const auto pair = without_blanks(metadata.substr(0, comma)); !pair.empty()) pairs.push_back(pair);
    metadata.remove_prefix(std::min(comma + 1, metadata.size()));
  }
  return pairs;
}

/// What a chunk said beyond the first one. Every chunk has its own index, which stands beside it anyway.
std::string said_anew(std::string_view metadata, const std::vector<std::string_view>& first) {
  std::string out;
  for (const std::string_view pair : pairs_of(metadata)) {
    const bool index = pair.substr(0, pair.find(' ')) == "chunkIndex";
    if (index || std::ranges::find(first, pair) != first.end()) continue;
    if (!out.empty()) out += ',';
    out += pair;
  }
  return out;
}

std::string hex(const std::array<std::uint8_t, 32>& digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) {
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
  }
  return out;
}

json_writer& number_or_null(json_writer& out, std::string_view key, std::optional<std::uint64_t> number) {
  out.key(key);
  return number ? out.value(*number) : out.null();
}

void write_chunks(json_writer& out, const recording& value) {
  const auto& chunks = value.chunks.all();
  const std::vector<std::string_view> first =
      chunks.empty() ? std::vector<std::string_view>{} : pairs_of(chunks.begin()->second.metadata);
  out.key("upload_metadata").value(chunks.empty() ? std::string_view{} : chunks.begin()->second.metadata);
  out.key("chunks").begin_array();
  for (const auto& [index, one] : chunks) {
    if (value.total && index >= *value.total) break;
    out.begin_object().key("index").value(index).key("length").value(one.length_bytes.value_or(0));
    if (one.crc32c) out.key("crc32c").value(fmt::format("{:08x}", *one.crc32c));
    if (const std::string more = said_anew(one.metadata, first); !more.empty()) out.key("upload_metadata").value(more);
    out.end_object();
  }
  out.end_array();
}

}  // namespace

std::string write_manifest(const recording& value, std::string_view durability, std::string_view version) {
  std::string text;
  json_writer out{text};
  out.begin_object();
  out.key("manifest_version").value(manifest_version);
  out.key("session_id").value(value.id.text());
  out.key("recording_name").value(value.name);
  out.key("format").value(value.format);
  out.key("media_type").value(media_type_of(value));
  out.key("file").value(value.file_name);
  out.key("size").value(value.size_bytes);
  if (value.sha256) out.key("sha256").value(hex(*value.sha256));
  number_or_null(out, "duration_ms", value.duration_ms);
  number_or_null(out, "chunk_size", value.chunk_size_bytes);
  out.key("total_chunks").value(value.total.value_or(0));
  out.key("created_at").value(to_rfc3339(value.created_at));
  out.key("assembled_at").value(to_rfc3339(value.ended_at));
  out.key("durability").value(durability);
  out.key("software").value("waveforge " + std::string{version});
  out.key("metadata");
  if (value.late_metadata.empty()) {
    out.null();
  } else {
    out.raw(value.late_metadata);
  }
  write_chunks(out, value);
  out.end_object();
  text += '\n';
  return text;
}

}  // namespace wf::session
