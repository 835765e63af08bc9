#pragma once

#include "waveforge/api/context.hpp"
#include "waveforge/api/route.hpp"

namespace wf::api {

/// The answer to OPTIONS: always 200; Allow, what the surface of this address can do (tus 1.0.0, OPTIONS), and the
/// preflight's answer if it is one. Never refused for its Tus-Resumable.
[[nodiscard]] reply discover(place where, const services& with, const http::field_list& fields);

}  // namespace wf::api
