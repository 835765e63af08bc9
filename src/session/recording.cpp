#include "waveforge/session/recording.hpp"

#include <algorithm>

namespace wf::session {

namespace {

struct file_kind {
  std::string_view extension;
  std::string_view media_type;
};

/// What may become a file name and a Content-Type. Everything else could be run by a browser and is octet-stream.
constexpr std::array file_kinds{
    file_kind{"webm", "audio/webm"},      file_kind{"weba", "audio/webm"},     file_kind{"ogg", "audio/ogg"},
    file_kind{"oga", "audio/ogg"},        file_kind{"opus", "audio/ogg"},      file_kind{"mp3", "audio/mpeg"},
    file_kind{"wav", "audio/wav"},        file_kind{"flac", "audio/flac"},     file_kind{"m4a", "audio/mp4"},
    file_kind{"mp4", "video/mp4"},        file_kind{"aac", "audio/aac"},       file_kind{"mka", "audio/x-matroska"},
    file_kind{"mkv", "video/x-matroska"}, file_kind{"mov", "video/quicktime"},
};

/// A media type as browsers give it, the extension that says the same, and the name under which it is handed out.
struct format_kind {
  std::string_view given;
  std::string_view extension;
  std::string_view media_type;
};

constexpr std::array format_kinds{
    format_kind{"audio/webm", "webm", "audio/webm"},
    format_kind{"video/webm", "webm", "video/webm"},
    format_kind{"audio/ogg", "ogg", "audio/ogg"},
    format_kind{"audio/opus", "opus", "audio/ogg"},
    format_kind{"audio/mpeg", "mp3", "audio/mpeg"},
    format_kind{"audio/mp3", "mp3", "audio/mpeg"},
    format_kind{"audio/wav", "wav", "audio/wav"},
    format_kind{"audio/x-wav", "wav", "audio/wav"},
    format_kind{"audio/wave", "wav", "audio/wav"},
    format_kind{"audio/vnd.wave", "wav", "audio/wav"},
    format_kind{"audio/flac", "flac", "audio/flac"},
    format_kind{"audio/x-flac", "flac", "audio/flac"},
    format_kind{"audio/mp4", "m4a", "audio/mp4"},
    format_kind{"audio/x-m4a", "m4a", "audio/mp4"},
    format_kind{"video/mp4", "mp4", "video/mp4"},
    format_kind{"audio/aac", "aac", "audio/aac"},
    format_kind{"audio/x-matroska", "mka", "audio/x-matroska"},
    format_kind{"video/x-matroska", "mkv", "video/x-matroska"},
    format_kind{"video/quicktime", "mov", "video/quicktime"},
};

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// The format without its parameters: "audio/webm" of " Audio/WebM; codecs=opus".
std::string essence_of(std::string_view format) {
  format = format.substr(0, format.find(';'));
  const std::size_t begin = format.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return lower(format.substr(begin, format.find_last_not_of(' ') + 1 - begin));
}

const format_kind* kind_of_format(std::string_view essence) noexcept {
  const auto at = std::ranges::find(format_kinds, essence, &format_kind::given);
  return at == format_kinds.end() ? nullptr : &*at;
}

const file_kind* kind_of_extension(std::string_view extension) noexcept {
  const auto at = std::ranges::find(file_kinds, extension, &file_kind::extension);
  return at == file_kinds.end() ? nullptr : &*at;
}

std::string_view extension_of(std::string_view file_name) noexcept {
  const std::size_t dot = file_name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : file_name.substr(dot + 1);
}

}  // namespace

utc_time recording::updated_at() const noexcept {
  return std::max({created_at, ended_at, chunks.touched_at()});
}

std::string recording_file_name(std::string_view format, std::string_view name) {
  const std::string essence = essence_of(format);
  std::string_view extension = "bin";
  if (const format_kind* kind = kind_of_format(essence)) {
    extension = kind->extension;
  } else if (const file_kind* same = kind_of_extension(essence)) {
    extension = same->extension;
  } else if (const file_kind* named = kind_of_extension(lower(extension_of(name)))) {
    extension = named->extension;
  }
  return "recording." + std::string{extension};
}

std::string_view media_type_of(std::string_view file_name) noexcept {
  const file_kind* kind = kind_of_extension(extension_of(file_name));
  return kind == nullptr ? "application/octet-stream" : kind->media_type;
}

std::string_view media_type_of(const recording& value) {
  const format_kind* kind = kind_of_format(essence_of(value.format));
  const bool agrees = kind != nullptr && kind->extension == extension_of(value.file_name);
  return agrees ? kind->media_type : media_type_of(value.file_name);
}

}  // namespace wf::session
