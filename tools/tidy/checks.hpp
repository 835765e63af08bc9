#pragma once

#include "source_tree.hpp"

/// The checks. Each is a judgement over a tree of texts; together they keep the house as docs/architecture.md draws it.
namespace wf::tidy {

/// A room of src and include includes only rooms the drawing lets it know, and only outside headers it may know:
/// no Boost, sockets or files in a pure room, liburing in io alone, RocksDB in store alone, and so on.
[[nodiscard]] findings check_includes(const source_tree& tree);

/// The link lists of src/CMakeLists.txt are the drawing, so that the compiler sees what check_includes sees.
[[nodiscard]] findings check_room_links(const source_tree& tree);

/// A header under include has at most 200 lines, a source of src or tools 400, any other source 600.
[[nodiscard]] findings check_sizes(const source_tree& tree);

/// Every header is included by somebody, every source belongs to a target.
[[nodiscard]] findings check_dead_files(const source_tree& tree);

/// Words and calls that have no place here, each with what to use instead.
[[nodiscard]] findings check_banned(const source_tree& tree);

}  // namespace wf::tidy
