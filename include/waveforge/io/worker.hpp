#pragma once

#include <memory>

#include "waveforge/io/buffer_pool.hpp"
#include "waveforge/io/pipe_pool.hpp"
#include "waveforge/io/ring_context.hpp"

namespace wf::io {

/// What a worker thread lends to the coroutines that run on it. Made once per worker by the composition root.
struct worker {
  ring_context& ring;
  buffer_pool& buffers;  ///< limits::piece_bytes each
  buffer_pool& heads;    ///< limits::head_bytes_max each, for request heads and small answers
  pipe_pool& pipes;
};

}  // namespace wf::io
