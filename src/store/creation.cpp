#include "waveforge/store/creation.hpp"

#include <fmt/format.h>

namespace wf::store {

namespace {

/// A total that is news must agree with what exists; one that is known must be the same.
result<void> check_total(const session::recording& value, std::optional<std::uint32_t> told) {
  if (!told) return {};
  if (value.total && *value.total != *told) {
    return fail(errc::total_conflict, fmt::format("the recording has {} chunks in all, not {}", *value.total, *told));
  }
  if (!value.total && *told < value.chunks.end_index()) {
    return fail(errc::total_conflict,
                fmt::format("totalChunks {} does not leave room for chunk {}, which exists already", *told,
                            value.chunks.end_index() - 1));
  }
  return {};
}

result<void> check_chunk_size(const session::recording& value, std::optional<std::uint64_t> told) {
  if (told && value.chunk_size_bytes && *value.chunk_size_bytes != *told) {
    return fail(errc::length_conflict,
                fmt::format("this recording's chunkSize is {}, not {}", *value.chunk_size_bytes, *told));
  }
  return {};
}

result<void> check_index(const session::recording& value, const create_request& request) {
  const auto total = value.total ? value.total : request.hints.total_chunks;
  if (total && to_number(request.index) >= *total) {
    return fail(errc::bad_request,
                fmt::format("chunkIndex {} is not below totalChunks {}", to_number(request.index), *total));
  }
  return {};
}

/// First appearance wins. True: something is new.
bool take_hints(session::recording& value, const recording_hints& hints) {
  bool news = false;
  const auto take = [&](auto& into, const auto& from, bool have, bool told) {
    if (have || !told) return;
    into = from;
    news = true;
  };
  take(value.chunk_size_bytes, hints.chunk_size_bytes, value.chunk_size_bytes.has_value(),
       hints.chunk_size_bytes.has_value());
  take(value.total, hints.total_chunks, value.total.has_value(), hints.total_chunks.has_value());
  take(value.name, hints.name, !value.name.empty(), !hints.name.empty());
  take(value.format, hints.format, !value.format.empty(), !hints.format.empty());
  take(value.duration_ms, hints.duration_ms, value.duration_ms.has_value(), hints.duration_ms.has_value());
  if (value.total && value.now == session::state::open) {
    value.now = session::state::sealed;
    news = true;
  }
  return news;
}

}  // namespace

result<void> check_creation(const session::recording& value, const create_request& request, bool existed) {
  if (auto agrees = check_total(value, request.hints.total_chunks); !agrees) return agrees;
  if (auto agrees = check_chunk_size(value, request.hints.chunk_size_bytes); !agrees) return agrees;
  return existed ? result<void>{} : check_index(value, request);
}

bool take_creation(session::recording& value, const create_request& request, utc_time now, bool fresh, layout place) {
  const bool news = take_hints(value, request.hints);
  if (!fresh) return news;
  value.created_at = now;
  value.layout.irregular = place == layout::files;
  return true;
}

}  // namespace wf::store
