#include "waveforge/net/stream.hpp"

namespace wf::net {

io::task<result<void>> plain_stream::open(io::deadline) {
  co_return result<void>{};
}

}  // namespace wf::net
