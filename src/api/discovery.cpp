#include "waveforge/api/discovery.hpp"

#include "waveforge/api/cors.hpp"
#include "waveforge/tus/header_values.hpp"
#include "waveforge/tus/options.hpp"

namespace wf::api {

namespace {

[[nodiscard]] tus::capabilities abilities_of(surface which, const services& with) {
  const store::capabilities can = with.data.can();
  tus::capabilities tell;
  tell.expiration = can.can_expire && with.set.unfinished_expire;
  tell.termination = can.can_delete;
  if (which == surface::tus) {
    tell.concatenation = can.can_concatenate;
    tell.concatenation_unfinished = can.can_concatenate && with.set.concatenation_unfinished;
  }
  return tell;
}

}  // namespace

reply discover(place where, const services& with, const http::field_list& fields) {
  reply answer;
  answer.set("Allow", allowed_methods(where, with.data.can()));
  const surface which = surface_of(where);
  if (which == surface::session || which == surface::tus) {
    const tus::capabilities tell = abilities_of(which, with);
    answer.set("Tus-Version", std::string{tus::protocol_version});
    if (std::string extensions = tus::tus_extension(tell); !extensions.empty()) {
      answer.set("Tus-Extension", std::move(extensions));
    }
    if (std::string algorithms = tus::tus_checksum_algorithm(tell); !algorithms.empty()) {
      answer.set("Tus-Checksum-Algorithm", std::move(algorithms));
    }
    const auto most = which == surface::session ? std::optional{with.set.chunk_bytes_max} : with.set.tus_bytes_max;
    if (most.has_value()) answer.set("Tus-Max-Size", std::to_string(*most));
  }
  answer_preflight(answer, fields, with.set.cors_origins);
  return answer;
}

}  // namespace wf::api
