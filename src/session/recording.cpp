#include "waveforge/session/recording.hpp"

#include <algorithm>
#include <cctype>

namespace wf::session {

namespace {

struct media_kind {
  std::string_view extension;
  std::string_view media_type;
};

/// What may become a file name and a Content-Type. Everything else could be run by a browser and is octet-stream.
constexpr std::array kinds{
    media_kind{"webm", "audio/webm"},      media_kind{"weba", "audio/webm"},     media_kind{"ogg", "audio/ogg"},
    media_kind{"oga", "audio/ogg"},        media_kind{"opus", "audio/ogg"},      media_kind{"mp3", "audio/mpeg"},
    media_kind{"wav", "audio/wav"},        media_kind{"flac", "audio/flac"},     media_kind{"m4a", "audio/mp4"},
    media_kind{"mp4", "video/mp4"},        media_kind{"aac", "audio/aac"},       media_kind{"mka", "audio/x-matroska"},
    media_kind{"mkv", "video/x-matroska"}, media_kind{"mov", "video/quicktime"},
};

/// Media types browsers give, and the extension that says the same.
constexpr std::array media_types{
    media_kind{"webm", "audio/webm"},     media_kind{"webm", "video/webm"},      media_kind{"ogg", "audio/ogg"},
    media_kind{"mp3", "audio/mpeg"},      media_kind{"mp3", "audio/mp3"},        media_kind{"wav", "audio/wav"},
    media_kind{"wav", "audio/x-wav"},     media_kind{"wav", "audio/wave"},       media_kind{"flac", "audio/flac"},
    media_kind{"m4a", "audio/mp4"},       media_kind{"m4a", "audio/x-m4a"},      media_kind{"mp4", "video/mp4"},
    media_kind{"aac", "audio/aac"},       media_kind{"mka", "audio/x-matroska"}, media_kind{"mkv", "video/x-matroska"},
    media_kind{"mov", "video/quicktime"},
};

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view known_extension(std::string_view lower_text) noexcept {
  for (const auto& kind : kinds) {
    if (kind.extension == lower_text) return kind.extension;
  }
  return {};
}

std::string_view extension_of_format(std::string_view format) noexcept {
  const std::string text = lower(format.substr(0, format.find(';')));
  const std::size_t end = text.find_last_not_of(' ');
  const std::string_view trimmed{text.data(), end == std::string::npos ? 0 : end + 1};
  for (const auto& kind : media_types) {
    if (kind.media_type == trimmed) return kind.extension;
  }
  return known_extension(trimmed);
}

}  // namespace

utc_time recording::updated_at() const noexcept {
  utc_time latest = std::max(created_at, ended_at);
  for (const auto& [index, one] : chunks.all()) latest = std::max({latest, one.created_at, one.touched_at});
  return latest;
}

std::string recording_file_name(std::string_view format, std::string_view name) {
  std::string_view extension = extension_of_format(format);
  if (extension.empty()) {
    const std::size_t dot = name.rfind('.');
    if (dot != std::string_view::npos) extension = known_extension(lower(name.substr(dot + 1)));
  }
  return std::string{"recording."} + std::string{extension.empty() ? "bin" : extension};
}

std::string_view media_type_of(std::string_view file_name) noexcept {
  const std::size_t dot = file_name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? std::string_view{} : file_name.substr(dot + 1);
  for (const auto& kind : kinds) {
    if (kind.extension == extension) return kind.media_type;
  }
  return "application/octet-stream";
}

}  // namespace wf::session
