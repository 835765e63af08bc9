#pragma once

#include "fault/support/ledger.hpp"
#include "support/tus_client.hpp"

namespace wf::test {

/// Holds a server that was started again to the ledger: what must be there after this kind of crash is there, nothing
/// is there that was never sent, and what was removed stays removed. What it finds becomes the new state of the ledger.
void inspect(ledger& book, tus_client& client, recording_note& of, crash died);

}  // namespace wf::test
