#include "waveforge/tus/method_override.hpp"

namespace wf::tus {

result<http::method> effective_method(http::method real, std::optional<std::string_view> override_value) {
  if (!override_value) return real;
  if (const auto named = http::parse_method(*override_value)) return *named;
  return fail(errc::bad_request,
              "X-HTTP-Method-Override must name a method known here, in capitals: PATCH, HEAD, DELETE, …");
}

}  // namespace wf::tus
