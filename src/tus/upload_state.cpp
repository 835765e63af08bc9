#include "waveforge/tus/upload_state.hpp"

namespace wf::tus {

error explain(presence why) {
  switch (why) {
    case presence::unknown: return {errc::not_found, "There is no such upload; create it with POST."};
    case presence::expired:
      return {errc::expired, "This upload was not finished in time and is gone; begin a new one."};
    case presence::cancelled: return {errc::cancelled, "This upload was removed; begin a new one."};
    case presence::live: break;
  }
  return {errc::internal, {}};
}

}  // namespace wf::tus
