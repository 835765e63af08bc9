#include "waveforge/store/held_rows.hpp"

#include <algorithm>

#include "waveforge/base/check.hpp"
#include "waveforge/session/fact.hpp"

namespace wf::store {

namespace {

struct parts {
  std::string session;
  std::string chunk;  ///< empty: the session as a whole
};

/// The row that creates a chunk and the one of its progress are of one chunk, whatever their kind.
parts parts_of(const fact_write& row) {
  const std::string_view key{row.key};
  const std::string_view owner = session::owner_of(key);
  const auto after = static_cast<std::size_t>(owner.data() - key.data()) + owner.size();
  return {std::string{owner}, std::string{key.substr(after)}};
}

}  // namespace

void held_rows::hold(std::span<const fact_write> rows) {
  for (const fact_write& row : rows) {
    const parts of = parts_of(row);
    counts& session = sessions_[of.session];
    ++(of.chunk.empty() ? session.whole : session.chunks[of.chunk]);
  }
}

void held_rows::let_go(std::span<const fact_write> rows) {
  for (const fact_write& row : rows) {
    const parts of = parts_of(row);
    const auto at = sessions_.find(of.session);
    WF_CHECK(at != sessions_.end());
    if (of.chunk.empty()) {
      --at->second.whole;
    } else if (const auto one = at->second.chunks.find(of.chunk); --one->second == 0) {
      at->second.chunks.erase(one);
    }
    if (at->second.whole == 0 && at->second.chunks.empty()) sessions_.erase(at);
  }
}

bool held_rows::concern(std::span<const fact_write> rows) const {
  if (sessions_.empty()) return false;
  return std::ranges::any_of(rows, [this](const fact_write& row) {
    const parts of = parts_of(row);
    const auto at = sessions_.find(of.session);
    if (at == sessions_.end()) return false;
    return of.chunk.empty() || at->second.whole > 0 || at->second.chunks.contains(of.chunk);
  });
}

}  // namespace wf::store
