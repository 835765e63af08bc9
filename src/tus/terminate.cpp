#include "waveforge/tus/terminate.hpp"

namespace wf::tus {

error explain(terminate_verdict why) {
  switch (why) {
    case terminate_verdict::unknown: return explain(presence::unknown);
    case terminate_verdict::expired: return explain(presence::expired);
    case terminate_verdict::cancelled: return explain(presence::cancelled);
    case terminate_verdict::closed:
      return {errc::state_conflict, "The chunk is part of an assembled recording; delete the whole session instead."};
    case terminate_verdict::terminate: break;
  }
  return {errc::internal, {}};
}

}  // namespace wf::tus
