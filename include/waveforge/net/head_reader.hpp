#pragma once

#include "waveforge/http/head_parser.hpp"
#include "waveforge/io/worker.hpp"
#include "waveforge/net/held_bytes.hpp"
#include "waveforge/net/stream.hpp"

namespace wf::net {

enum class head_outcome : std::uint8_t {
  complete,  ///< the parser has it; it lies at the front of the held bytes
  refused,   ///< the parser says why
  late,      ///< begun, and not finished in time
  ended,     ///< the peer went, or sent nothing at all: nobody to answer
};

/// Reads one request head. `held`: bytes already received, and on return all that were: the head, then what came behind
/// it. No pooled buffer is held while the peer is waited for: an unfinished head waits in memory of its own size.
/// `readable`: the caller saw that something is there.
[[nodiscard]] io::task<head_outcome> read_head(stream& from, io::worker& on, held_bytes& held,
                                               http::head_parser& parser, bool readable, io::deadline until);

}  // namespace wf::net
