#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "waveforge/base/result.hpp"

namespace wf::store {

/// Where RocksDB's list of files (MANIFEST) ends, if it ends in a record that a power cut tore: the length up to the
/// last whole one. nullopt: it is whole, or damaged in another way. Pure.
///
/// A record whose sync had ended is whole, so a torn one was never built upon: what it speaks of (a flush, a merge) has
/// its sources still, and its loss is that of work to be done again. RocksDB reads it as corruption all the same and
/// would not open. Torn means: the first record that does not agree with its checksum reaches into a sector of
/// nothing but zeros, which a bit that went wrong on the disk does not make. Empty sectors behind it say nothing.
[[nodiscard]] std::optional<std::size_t> torn_from(std::span<const std::byte> manifest);

/// Take such a record back, in the database below `path`, which nobody has open. True: there was one, and the file that
/// is left is on stable storage. Blocks on the disk.
[[nodiscard]] result<bool> take_back_torn_record(const std::string& path);
/// As above, without doing it.
[[nodiscard]] bool ends_in_torn_record(const std::string& path);

}  // namespace wf::store
