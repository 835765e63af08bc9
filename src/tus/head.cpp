#include "waveforge/tus/head.hpp"

namespace wf::tus {

error explain(head_verdict why) {
  switch (why) {
    case head_verdict::unknown: return explain(presence::unknown);
    case head_verdict::expired: return explain(presence::expired);
    case head_verdict::cancelled: return explain(presence::cancelled);
    case head_verdict::tell: break;
  }
  return {errc::internal, {}};
}

}  // namespace wf::tus
