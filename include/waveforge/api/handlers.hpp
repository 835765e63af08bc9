#pragma once

#include "waveforge/api/context.hpp"

/// One function a route; each lives in the file of its name in src/api/handlers.
namespace wf::api::handlers {

// Session API
[[nodiscard]] io::task<reply> create_chunk(context& now);
[[nodiscard]] io::task<reply> patch_chunk(context& now);
[[nodiscard]] io::task<reply> head_chunk(context& now);
[[nodiscard]] io::task<reply> delete_chunk(context& now);
[[nodiscard]] io::task<reply> session_status(context& now);
[[nodiscard]] io::task<reply> assemble(context& now);
[[nodiscard]] io::task<reply> recording(context& now);
[[nodiscard]] io::task<reply> events(context& now);
[[nodiscard]] io::task<reply> cancel(context& now);
[[nodiscard]] io::task<reply> list(context& now);

// Plain tus
[[nodiscard]] io::task<reply> tus_create(context& now);
[[nodiscard]] io::task<reply> tus_patch(context& now);
[[nodiscard]] io::task<reply> tus_head(context& now);
[[nodiscard]] io::task<reply> tus_delete(context& now);

// Fallback API
[[nodiscard]] io::task<reply> upload_chunk(context& now);
[[nodiscard]] io::task<reply> recording_complete(context& now);

// Operations
[[nodiscard]] io::task<reply> health(context& now);
[[nodiscard]] io::task<reply> ready(context& now);
[[nodiscard]] io::task<reply> metrics(context& now);
[[nodiscard]] io::task<reply> version(context& now);
[[nodiscard]] io::task<reply> page(context& now);

}  // namespace wf::api::handlers
