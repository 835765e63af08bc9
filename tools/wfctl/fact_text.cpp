#include "wfctl/fact_text.hpp"

#include <fmt/format.h>

#include "waveforge/base/rfc3339.hpp"
#include "waveforge/session/fact.hpp"
#include "wfctl/data_dir.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

using session::fact_kind;

/// Collects "name=value" words; what was not said is left out.
class words {
 public:
  explicit words(std::string head) : out_{std::move(head)} {}
  words& word(std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out_), " {}={}", name, value);
    return *this;
  }
  words& number(std::string_view name, std::uint64_t value) { return word(name, std::to_string(value)); }
  template <typename Number>
  words& number(std::string_view name, const std::optional<Number>& value) {
    return value ? number(name, std::uint64_t{*value}) : *this;
  }
  words& time(std::string_view name, utc_time value) {
    return value == utc_time{} ? *this : word(name, to_rfc3339(value));
  }
  words& quoted(std::string_view name, std::string_view value) {
    return value.empty() ? *this : word(name, '"' + printable(value) + '"');
  }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string session_words(words line, const session::recording& value) {
  line.word("state", session::name_of(value.now));
  if (value.layout.irregular) line.word("flags", "irregular");
  line.time("created_at", value.created_at).time("ended_at", value.ended_at);
  line.number("stride", value.layout.stride_bytes).number("short_index", value.layout.short_index);
  line.number("chunk_size", value.chunk_size_bytes).number("total", value.total);
  line.number("duration_ms", value.duration_ms).quoted("name", value.name).quoted("format", value.format);
  line.quoted("late_metadata", value.late_metadata).quoted("failure", value.failure).quoted("concat", value.concat);
  line.quoted("file_name", value.file_name);
  if (value.size_bytes != 0) line.number("size", value.size_bytes);
  if (value.sha256) line.word("sha256", hex_of(std::as_bytes(std::span{*value.sha256})));
  if (value.plan != 0) line.word("plan", value.plan == 1 ? "adopt" : "build");
  return line.take();
}

std::string chunk_words(words line, const session::chunk& one) {
  constexpr std::array homes{"none", "segment", "own_file", "recording"};
  if (one.length_bytes) {
    line.number("length", *one.length_bytes);
  } else {
    line.word("length", "deferred").number("length_max", one.length_bytes_max);
  }
  line.word("home", homes[static_cast<std::size_t>(one.where.where)]).number("offset", one.where.offset_bytes);
  if (one.where.generation != 0) line.number("generation", one.where.generation);
  line.time("created_at", one.created_at).quoted("metadata", one.metadata).quoted("concat", one.concat);
  if (one.crc32c) line.word("crc32c", fmt::format("{:08x}", *one.crc32c));
  return line.take();
}

std::string progress_words(words line, const session::progress& row) {
  line.number("vouched", row.vouched_bytes).time("touched_at", row.touched_at);
  if (row.unvouched_era) {
    line.word("era", fmt::format("{:016x}", *row.unvouched_era)).number("unvouched", row.unvouched_bytes);
  }
  return line.take();
}

std::string unread(words line, std::string_view value, const error& why) {
  return line.word("bytes", hex_of(std::as_bytes(std::span{value}))).quoted("unreadable", why.detail).take();
}

}  // namespace

std::string fact_text(std::string_view key, std::string_view value) {
  const auto parsed = session::parse_key(key);
  if (!parsed) return unread(words{"unknown key " + hex_of(std::as_bytes(std::span{key}))}, value, parsed.error());
  const std::string id = name_of(parsed->id);
  switch (parsed->kind) {
    case fact_kind::session: {
      words line{"session  " + id};
      session::recording decoded;
      if (const auto read = session::decode_session(value, decoded); !read) {
        return unread(std::move(line), value, read.error());
      }
      return session_words(std::move(line), decoded);
    }
    case fact_kind::chunk: {
      words line{fmt::format("chunk    {} {}", id, parsed->index)};
      const auto decoded = session::decode_chunk(value);
      if (!decoded) return unread(std::move(line), value, decoded.error());
      return chunk_words(std::move(line), *decoded);
    }
    case fact_kind::progress: {
      words line{fmt::format("progress {} {}", id, parsed->index)};
      const auto decoded = session::decode_progress(value);
      if (!decoded) return unread(std::move(line), value, decoded.error());
      return progress_words(std::move(line), *decoded);
    }
    case fact_kind::work: return "work     " + id;
    case fact_kind::expiry: return words{"expiry   " + id}.time("not_before", parsed->at).take();
  }
  return {};
}

result<std::string> facts_text(store::facts& rows, const session::session_id& id) {
  std::string out;
  const auto add = [&](std::string_view key, std::string_view value) {
    out += fact_text(key, value) + "\n";
    return true;
  };
  for (const fact_kind kind : {fact_kind::session, fact_kind::chunk, fact_kind::progress, fact_kind::work}) {
    const std::string prefix = session::chunk_prefix(kind, id);
    if (auto scanned = rows.scan(prefix, prefix, add); !scanned) return fail(scanned.error());
  }
  // Keyed by time: all of them have to be looked at.
  const std::string expiries{static_cast<char>(fact_kind::expiry)};
  const auto scanned = rows.scan(expiries, expiries, [&](std::string_view key, std::string_view value) {
    const auto parsed = session::parse_key(key);
    return parsed && parsed->id == id ? add(key, value) : true;
  });
  if (!scanned) return fail(scanned.error());
  return out;
}

}  // namespace wf::ctl
