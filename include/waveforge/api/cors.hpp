#pragma once

#include <span>
#include <string>

#include "waveforge/api/reply.hpp"
#include "waveforge/http/fields.hpp"

/// What pages of other origins may do (Fetch standard, CORS protocol).
namespace wf::api {

/// Adds what lets an allowed origin read `answer`, refusals included: without it a page sees a network error where we
/// said what was wrong. Nothing is added for other origins, nor when no origin is configured.
void tell_origin(reply& answer, const http::field_list& fields, std::span<const std::string> allowed);

/// A preflight is an OPTIONS with Origin and Access-Control-Request-Method. Adds methods, fields and how long to
/// remember, for allowed origins.
void answer_preflight(reply& answer, const http::field_list& fields, std::span<const std::string> allowed);

}  // namespace wf::api
