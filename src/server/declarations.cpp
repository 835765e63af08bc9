#include "waveforge/server/declarations.hpp"

#include <sched.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "setters.hpp"
#include "waveforge/server/values.hpp"

namespace wf::server {

namespace {

template <typename Value>
struct choice {
  std::string_view name;
  Value value;
};

template <typename Value, std::size_t Count>
result<void> choose(Value& out, std::string_view text, const choice<Value> (&choices)[Count]) {
  std::string names;
  for (const auto& one : choices) {
    if (one.name == text) {
      out = one.value;
      return {};
    }
    names += names.empty() ? "" : ", ";
    names += one.name;
  }
  return fail(errc::bad_request, "it is one of " + names);
}

/// The value of `from` into `out`, or its error.
template <typename Out, typename Value>
result<void> put(Out& out, result<Value> from) {
  if (!from) return fail(std::move(from.error()));
  out = static_cast<Out>(*from);
  return {};
}

/// How a value is taken, for the options that are one number, one word or one switch.
using taker = result<void> (*)(options&, std::string_view);

constexpr taker take_threads = [](options& set, std::string_view text) {
  return put(set.threads, parse_number(text, 1, 256));
};
constexpr taker take_data_dir = [](options& set, std::string_view text) -> result<void> {
  if (text.empty()) return fail(errc::bad_request, "it is a directory; it is made when missing");
  set.data.data_dir = text;
  return {};
};
constexpr taker take_durability = [](options& set, std::string_view text) {
  using store::durability;
  return choose(set.data.level, text,
                {{"none", durability::none}, {"chunk", durability::chunk}, {"patch", durability::patch}});
};
constexpr taker take_layout = [](options& set, std::string_view text) {
  return choose(set.data.place, text, {{"auto", store::layout::automatic}, {"files", store::layout::files}});
};
constexpr taker take_write_mode = [](options& set, std::string_view text) {
  using store::write_mode;
  return choose(set.data.mode, text,
                {{"auto", write_mode::automatic},
                 {"direct", write_mode::direct},
                 {"splice", write_mode::splice},
                 {"buffered", write_mode::buffered}});
};
constexpr taker take_recover = [](options& set, std::string_view text) {
  using store::recover_mode;
  return choose(
      set.data.recover, text,
      {{"auto", recover_mode::automatic}, {"crash", recover_mode::crash}, {"process", recover_mode::process}});
};
constexpr taker take_digest = [](options& set, std::string_view text) {
  using store::digest_kind;
  return choose(set.data.digest, text,
                {{"none", digest_kind::none}, {"crc32c", digest_kind::crc32c}, {"sha256", digest_kind::sha256}});
};
constexpr taker take_min_free = [](options& set, std::string_view text) {
  return put(set.data.min_free, parse_free_floor(text));
};
constexpr taker take_fan_out = [](options& set, std::string_view text) {
  return put(set.data.fan_out, parse_number(text, 0, 2));
};
constexpr taker take_id_format = [](options& set, std::string_view text) {
  using session::id_format;
  return choose(set.http.id_format, text, {{"uuid", id_format::uuid}, {"token", id_format::token}});
};
constexpr taker take_plain_http = [](options& set, std::string_view text) {
  return put(set.http.allow_plain_http, parse_switch(text));
};
constexpr taker take_unfinished = [](options& set, std::string_view text) {
  return put(set.http.concatenation_unfinished, parse_switch(text));
};
constexpr taker take_drain = [](options& set, std::string_view text) {
  return put(set.drain_timeout, parse_duration(text));
};
constexpr taker take_log_format = [](options& set, std::string_view text) {
  return choose(set.log_as, text, {{"text", log_format::text}, {"json", log_format::json}});
};
constexpr taker take_log_level = [](options& set, std::string_view text) {
  return choose(set.log_from, text,
                {{"debug", log_level::debug},
                 {"info", log_level::info},
                 {"warning", log_level::warning},
                 {"error", log_level::error}});
};
constexpr taker take_certificate = [](options& set, std::string_view text) -> result<void> {
  set.tls_certificate_file = text;
  return {};
};
constexpr taker take_key = [](options& set, std::string_view text) -> result<void> {
  set.tls_key_file = text;
  return {};
};

const auto all = std::to_array<declaration>({
    {"--listen", "ADDR:PORT|unix:PATH", "an IP address and a port (0: any free one), or a socket file",
     "127.0.0.1:8080",
     "Where requests are taken; repeatable. Loopback by default, because whoever reaches it may upload.",
     arity::several, setters::set_listen},
    {"--data-dir", "DIR", "a directory", "./uploaded_data",
     "Where recordings and what is known about them are kept; made when missing. One server per directory. Best a file "
     "system of its own.",
     arity::one, take_data_dir},
    {"--threads", "N", "1 to 256", "one for each processor it may use",
     "Worker threads, each with its own ring, buffers and connections. More than cores gain nothing.", arity::one,
     take_threads},
    {"--durability", "LEVEL", "none, chunk or patch", "chunk",
     "What a success answer promises: none survives the death of the process; chunk also makes complete chunks survive "
     "a "
     "power cut; patch every acknowledged byte.",
     arity::one, take_durability},
    {"--layout", "KIND", "auto or files", "auto",
     "auto writes every chunk where the finished recording needs it; files keeps a file for each chunk and copies at "
     "the "
     "end.",
     arity::one, take_layout},
    {"--write-mode", "WAY", "auto, direct, splice or buffered", "auto",
     "How bodies get into files. auto chooses for each body; the others are for measuring and for file systems where "
     "the "
     "choice is wrong.",
     arity::one, take_write_mode},
    {"--max-chunk-size", "SIZE", "1KiB to 1GiB", "5MiB",
     "Longest chunk of a session; more is 413. A recorder makes a chunk of about 1 MB every few seconds.", arity::one,
     setters::set_chunk_max},
    {"--session-rate", "N", "chunk creations per second and session; 0: not limited", "10",
     "Three seconds' worth may come at once. Creations above it wait up to a second, then get 429.", arity::one,
     setters::set_session_rate},
    {"--session-id-format", "FORMAT", "uuid or token", "uuid",
     "What a client may call its session: a UUID, or 1 to 64 letters, digits, - and _. Guessable names let strangers "
     "into "
     "each other's sessions.",
     arity::one, take_id_format},
    {"--allow-plain-http", "", "", "off",
     "Serve plain HTTP that came neither to a loopback or unix listener nor from a trusted proxy; otherwise it is 403.",
     arity::flag, take_plain_http},
    {"--trusted-proxy", "CIDR", "an IP address or range", "none",
     "Peers whose Forwarded and X-Forwarded-* fields are believed; repeatable. Anybody else can write them too.",
     arity::several, setters::add_proxy},
    {"--cors-origin", "ORIGIN", "an origin, or *", "none",
     "Web pages from elsewhere that may upload; repeatable. Pages of this server always may.", arity::several,
     setters::add_origin},
    {"--log-format", "FORMAT", "text or json", "text",
     "One line for each event on standard error, for people or machines.", arity::one, take_log_format},
    {"--log-level", "LEVEL", "debug, info, warning or error", "info", "The least that is logged.", arity::one,
     take_log_level},
    {"--recover", "MODE", "auto, crash or process", "auto",
     "What the last run's end is taken for. auto finds out; crash trusts only what was synced; process trusts the page "
     "cache.",
     arity::one, take_recover},
    {"--min-free", "SHARE|SIZE", "0% to 99%, a size, or both with a comma (the larger counts)", "5%",
     "Free space below which nothing new is taken (507), so that what was begun can be finished.", arity::one,
     take_min_free},
    {"--drain-timeout", "TIME", "0 or more", "10s",
     "How long requests may go on after SIGTERM before their bodies are cut at a byte boundary. What came is kept.",
     arity::one, take_drain},
    {"--expire-after", "TIME", "0 (never), or from 1s to 36500d", "7d",
     "Unfinished sessions and tombstones are removed this long after their last byte. Finished recordings are not.",
     arity::one, setters::set_expire_after},
    {"--expire-recordings", "TIME", "never, or from 1s to 36500d", "never",
     "Remove finished recordings this long after they were finished.", arity::one, setters::set_expire_recordings},
    {"--tus-base-path", "PATH", "a path where nothing else is: not /files/, /upload/, /recording/, a probe or a page",
     "/tus/", "Where ordinary tus clients upload ordinary files.", arity::one, setters::set_tus_base},
    {"--tus-max-size", "SIZE", "unlimited, or a size", "unlimited", "Longest upload of an ordinary tus client.",
     arity::one, setters::set_tus_max},
    {"--concatenation-unfinished", "", "", "off",
     "Let tus clients concatenate uploads that are not finished yet. Few clients do, and a part that never ends keeps "
     "the "
     "whole waiting.",
     arity::flag, take_unfinished},
    {"--digest", "KIND", "none, crc32c or sha256", "none",
     "Digest of every recording, kept in recording.meta and checked by scrubbing. Costs a pass over the bytes.",
     arity::one, take_digest},
    {"--fan-out", "LEVELS", "0 to 2", "0",
     "Levels of two-character directories above the session directories. File systems of this decade need none.",
     arity::one, take_fan_out},
    {"--operator-token-file", "FILE", "a file whose first line has at least 16 characters", "none",
     "The bearer token that opens the operator's pages and lists. Without it nobody sees them.", arity::one,
     setters::read_token},
    {"--tls-cert", "FILE", "a PEM file: the certificate, then those that sign it", "none",
     "Serve HTTPS on every TCP listener. Needs --tls-key.", arity::one, take_certificate},
    {"--tls-key", "FILE", "a PEM file", "none", "The private key of --tls-cert.", arity::one, take_key},
});

}  // namespace

std::span<const declaration> declarations() noexcept {
  return all;
}

namespace {

/// The processors this process may run on: a container or taskset gives it fewer than the machine has, and workers
/// above that only take turns on them.
unsigned processors_allowed() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  // Fails where the machine has more processors than the set has bits.
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&allowed)));
}

}  // namespace

result<void> finish(options& set) {
  if (set.listen.empty()) set.listen.emplace_back("127.0.0.1:8080");
  if (set.threads == 0) set.threads = processors_allowed();
  set.http.unfinished_expire = set.data.expire_after.count() > 0;
  set.http.software_version = WF_VERSION;
  set.data.version = WF_VERSION;
  if (set.tls_certificate_file.empty() != set.tls_key_file.empty()) {
    return fail(errc::bad_request, "--tls-cert and --tls-key are given together or not at all");
  }
  return {};
}

}  // namespace wf::server
