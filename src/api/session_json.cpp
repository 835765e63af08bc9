#include "waveforge/api/session_json.hpp"

#include <fmt/format.h>

namespace wf::api {

std::string rfc3339(utc_time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto milliseconds = (at - seconds).count();
  const auto date = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day day{date};
  const std::chrono::hh_mm_ss time{seconds - date};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), milliseconds);
}

void write_recording(json_writer& json, const store::session_view& view) {
  if (!view.recording.has_value()) {
    json.null();
    return;
  }
  json.begin_object().key("size").value(view.recording->size_bytes);
  if (view.recording->sha256_hex.has_value()) json.key("sha256").value(*view.recording->sha256_hex);
  json.end_object();
}

namespace {

/// Of what is known to exist: the assembly's own progress while it runs, 1 when it is done.
[[nodiscard]] double progress_of(const store::session_view& view) noexcept {
  if (view.state == session::state::assembled) return 1;
  if (view.state == session::state::assembling) return view.assembly_progress;
  const double all = static_cast<double>(view.chunks_complete) + static_cast<double>(view.missing.size());
  return all > 0 ? static_cast<double>(view.chunks_complete) / all : 0;
}

void write_total(json_writer& json, const store::session_view& view) {
  json.key("total_chunks");
  if (view.total_chunks.has_value()) {
    json.value(*view.total_chunks);
  } else {
    json.null();
  }
}

}  // namespace

void write_progress(json_writer& json, const store::session_view& view) {
  json.key("session_id").value(view.id.text());
  json.key("state").value(session::name_of(view.state));
  write_total(json, view);
  json.key("uploaded_chunks").value(view.chunks_complete);
  json.key("bytes_received").value(view.bytes_received);
  json.key("assembled").value(view.state == session::state::assembled);
  json.key("assembling").value(view.state == session::state::assembling);
  json.key("progress").value(progress_of(view));
}

std::string session_json(const store::session_view& view) {
  std::string text;
  json_writer json{text};
  json.begin_object();
  write_progress(json, view);
  json.key("missing_chunks").begin_array();
  for (const auto& run : view.missing.runs()) {
    for (std::uint32_t index = run.first; index < run.end; ++index) json.value(index);
  }
  json.end_array();
  json.key("partial_chunks").begin_object();
  for (const auto& [index, offset] : view.partial) json.key(std::to_string(index)).value(offset);
  json.end_object();
  json.key("recording_name").value(view.recording_name);
  json.key("format").value(view.format);
  json.key("created_at").value(rfc3339(view.created_at));
  json.key("updated_at").value(rfc3339(view.updated_at));
  json.key("expires_at");
  if (view.expires_at.has_value()) {
    json.value(rfc3339(*view.expires_at));
  } else {
    json.null();
  }
  json.key("recording");
  write_recording(json, view);
  if (!view.failure.empty()) json.key("error").value(view.failure);
  json.end_object();
  return text;
}

}  // namespace wf::api
