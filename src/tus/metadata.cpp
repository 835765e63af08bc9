#include "waveforge/tus/metadata.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/http/chars.hpp"
#include "waveforge/tus/base64.hpp"

namespace wf::tus {

namespace {

/// "ASCII encoded … MUST NOT contain spaces and commas, and MUST NOT be empty"; control characters are no text either.
[[nodiscard]] bool is_key(std::string_view key) noexcept {
  return !key.empty() && std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f && c != ','; });
}

/// Sorted, not compared pair by pair: four KiB hold more than a thousand pairs.
[[nodiscard]] std::optional<std::string_view> repeated_key(const std::vector<metadata_pair>& pairs) {
  std::vector<std::string_view> keys;
  keys.reserve(pairs.size());
  for (const metadata_pair& pair : pairs) keys.push_back(pair.key);
  std::ranges::sort(keys);
  const auto twice = std::ranges::adjacent_find(keys);
  return twice == keys.end() ? std::nullopt : std::optional{*twice};
}

/// Decimal without sign and leading zeros, so that a number has one spelling.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  constexpr std::size_t digits_max = 18;  // always fits 64 bits, and no number here is longer
  if (text.empty() || text.size() > digits_max || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!http::is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

/// An optional number under `key`; `most` is the largest that is allowed.
[[nodiscard]] result<std::optional<std::uint64_t>> read_number(const upload_metadata& metadata, std::string_view key,
                                                               std::uint64_t least, std::uint64_t most) {
  const auto text = metadata.find(key);
  if (!text || text->empty()) return std::nullopt;
  const auto number = parse_number(*text);
  if (!number || *number < least || *number > most) {
    return fail(errc::bad_request,
                fmt::format("Upload-Metadata: {} must be a decimal number from {} to {}.", key, least, most));
  }
  return number;
}

/// The text under `key`, or under `alias` when that is not there.
[[nodiscard]] result<std::optional<std::string>> read_text(const upload_metadata& metadata, std::string_view key,
                                                           std::string_view alias) {
  auto text = metadata.find(key);
  if (!text || text->empty()) {
    key = alias;
    text = metadata.find(key);
  }
  if (!text || text->empty()) return std::nullopt;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(*text, control)) {
    return fail(errc::bad_request, fmt::format("Upload-Metadata: {} contains a control character.", key));
  }
  return std::string{*text};
}

}  // namespace

result<upload_metadata> upload_metadata::parse(std::string_view value, std::size_t bytes_max) {
  if (value.size() > bytes_max) {
    return fail(errc::metadata_too_large,
                fmt::format("Upload-Metadata is {} bytes long; at most {} are taken.", value.size(), bytes_max));
  }
  upload_metadata metadata;
  metadata.raw_ = value;
  if (http::trim(value).empty()) return metadata;
  for (std::string_view rest = value;;) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view pair = http::trim(rest.substr(0, comma));
    const std::size_t space = std::min(pair.find(' '), pair.size());
    const std::string_view key = pair.substr(0, space);
    const std::string_view encoded = pair.substr(std::min(space + 1, pair.size()));
    if (!is_key(key)) {
      return fail(
          errc::bad_request,
          "Upload-Metadata must be `key base64` pairs with commas between them; a key is visible ASCII and not empty.");
    }
    std::string decoded;
    if (!decode_base64(encoded, decoded)) {
      return fail(
          errc::bad_request,
          fmt::format("Upload-Metadata: the value of {} is not base64 (RFC 4648 section 4, with padding).", key));
    }
    metadata.pairs_.push_back({std::string{key}, std::move(decoded)});
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  if (const auto twice = repeated_key(metadata.pairs_)) {
    return fail(errc::bad_request, fmt::format("Upload-Metadata has the key {} twice.", *twice));
  }
  return metadata;
}

std::optional<std::string_view> upload_metadata::find(std::string_view key) const noexcept {
  for (const metadata_pair& pair : pairs_) {
    if (pair.key == key) return pair.value;
  }
  return std::nullopt;
}

std::optional<chunk_index> parse_chunk_index(std::string_view text) noexcept {
  const auto number = parse_number(text);
  if (!number || *number > limits::chunk_index_max) return std::nullopt;
  return static_cast<chunk_index>(*number);
}

result<chunk_metadata> read_chunk_metadata(const upload_metadata& metadata) {
  for (const metadata_pair& pair : metadata.pairs()) {
    if (!is_utf8(pair.value)) {
      return fail(errc::bad_request, fmt::format("Upload-Metadata: the value of {} is not UTF-8.", pair.key));
    }
  }
  const auto index_text = metadata.find("chunkIndex");
  const auto index = index_text ? parse_chunk_index(*index_text) : std::nullopt;
  if (!index) {
    return fail(errc::bad_request,
                fmt::format("Upload-Metadata must have chunkIndex: a decimal number from 0 to {}, in base64.",
                            limits::chunk_index_max));
  }
  chunk_metadata chunk;
  chunk.index = *index;
  constexpr std::uint64_t number_max = (std::uint64_t{1} << 53U) - 1;  // what a browser's numbers hold exactly
  const auto size = read_number(metadata, "chunkSize", 1, number_max);
  if (!size) return fail(size.error());
  chunk.chunk_size_bytes = *size;
  const auto total = read_number(metadata, "totalChunks", 1, limits::chunks_max);
  if (!total) return fail(total.error());
  if (*total) chunk.total_chunks = static_cast<std::uint32_t>(**total);
  const auto duration = read_number(metadata, "durationMs", 0, number_max);
  if (!duration) return fail(duration.error());
  chunk.duration_ms = *duration;
  auto name = read_text(metadata, "recordingName", "filename");
  if (!name) return fail(std::move(name.error()));
  chunk.recording_name = std::move(*name);
  auto format = read_text(metadata, "format", "filetype");
  if (!format) return fail(std::move(format.error()));
  chunk.format = std::move(*format);
  if (chunk.total_chunks && to_number(chunk.index) >= *chunk.total_chunks) {
    return fail(errc::bad_request, fmt::format("chunkIndex {} is not below totalChunks {}; indices begin at 0.",
                                               to_number(chunk.index), *chunk.total_chunks));
  }
  return chunk;
}

}  // namespace wf::tus
