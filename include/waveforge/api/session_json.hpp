#pragma once

#include <string>

#include "waveforge/base/clock.hpp"
#include "waveforge/base/json_writer.hpp"
#include "waveforge/store/views.hpp"

namespace wf::api {

/// "2026-01-31T08:15:30.250Z" (RFC 3339, UTC, milliseconds).
[[nodiscard]] std::string rfc3339(utc_time at);

/// The body of GET /files/{sid}/status.
[[nodiscard]] std::string session_json(const store::session_view& view);

/// The members that change while a recording comes in: what a progress event carries. Writes into an open object.
void write_progress(json_writer& json, const store::session_view& view);

/// `{"size":…,"sha256":…}` or null.
void write_recording(json_writer& json, const store::session_view& view);

}  // namespace wf::api
