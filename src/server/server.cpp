#include "waveforge/server/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "waveforge/api/router.hpp"
#include "waveforge/base/limits.hpp"
#include "waveforge/io/probe.hpp"
#include "waveforge/net/tls_stream.hpp"
#include "waveforge/server/engine.hpp"
#include "waveforge/server/log_writer.hpp"
#include "waveforge/server/machine.hpp"
#include "waveforge/server/metric_registry.hpp"
#include "waveforge/server/web_assets.hpp"
#include "waveforge/store/store_host.hpp"

namespace wf::server {

namespace {

/// Descriptors that are neither connections nor files of sessions: rings, listeners, pipes, the database.
constexpr std::uint64_t descriptors_reserved = 1'024;
/// Connections leave at least so many to the files, where there are twice as many of both.
constexpr std::uint64_t descriptors_of_files_min = 4'096;
/// A connection has up to this many operations open at once: a wait and what answers it.
constexpr std::uint64_t operations_each = 4;

std::uint32_t connections_max(std::uint64_t descriptors, unsigned threads) {
  const std::uint64_t others = std::min(descriptors / 2, descriptors_reserved + descriptors_of_files_min);
  const std::uint64_t by_operations = std::uint64_t{limits::operations_max} / operations_each * threads;
  return static_cast<std::uint32_t>(std::min(descriptors - others, by_operations));
}

/// What connections leave; of few descriptors most are for what the server cannot be without.
std::uint32_t open_files_max(std::uint64_t descriptors, unsigned threads) {
  const std::uint64_t left = descriptors - connections_max(descriptors, threads);
  const std::uint64_t reserved = std::min(descriptors_reserved, left / 4 * 3);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(left - reserved, limits::open_files_max));
}

std::optional<api::page> page_at(std::string_view path) {
  const auto assets = web_assets();
  const auto found = std::ranges::lower_bound(assets, path, {}, &web_asset::path);
  if (found == assets.end() || found->path != path) return std::nullopt;
  return api::page{found->media_type, found->cache_control, found->etag, found->body, found->gzip_body};
}

net::stream_factory streams_with(std::optional<net::tls_context> tls) {
  if (!tls) return net::make_plain_stream;
  return [context = *tls](net::arrival from, io::worker& on) -> std::unique_ptr<net::stream> {
    if (!from.tls) return net::make_plain_stream(std::move(from), on);
    return std::make_unique<net::tls_stream>(io::socket{std::move(from.fd)}, context);
  };
}

/// What the operator can do about a data dir that cannot be used.
error with_advice(error why) {
  switch (why.os_errno) {
    case EACCES:
    case EPERM:
    case EROFS: why.detail += "; make --data-dir a directory this user may write to"; break;
    case ENOTDIR:
    case ENAMETOOLONG: why.detail += "; --data-dir is not the path of a directory"; break;
    case ENOSPC:
    case EDQUOT: why.detail += "; make room there, or choose another --data-dir"; break;
    default: break;
  }
  return why;
}

engine_plan plan_for(const options& set, std::uint64_t descriptors) {
  return {.listen = set.listen,
          .threads = set.threads,
          .pin = set.threads == usable_cpus().size(),
          .tls = !set.tls_certificate_file.empty(),
          .connections_max = connections_max(descriptors, set.threads),
          .drain_timeout = set.drain_timeout};
}

}  // namespace

/// In the order in which they stand on each other; undone from the last to the first.
struct server::parts {
  explicit parts(const options& chosen)
      : set(chosen),
        log(set.log_as, set.log_from, time),
        machine(io::real_kernel(), time, log, numbers, plan_for(set, raise_file_limit())) {}

  [[nodiscard]] result<void> start();
  void note_start();
  void stop();

  options set;
  machine_clock time;
  machine_random random;
  log_writer log;
  metric_registry numbers;
  engine machine;
  std::unique_ptr<store::store_host> data;
  std::unique_ptr<api::router> answers;
  bool stopped{false};
};

namespace {

/// Where this machine's own tools are to ask: a unix socket or a loopback address, if we listen there, is served
/// without TLS and needs no certificate that names it.
const std::string& nearest(const std::vector<std::string>& addresses) {
  const auto among = [&](auto matches) { return std::ranges::find_if(addresses, matches); };
  auto found = among([](const std::string& one) { return one.starts_with("unix:"); });
  if (found == addresses.end()) {
    found = among([](const std::string& one) {
      return one.find("://127.") != std::string::npos || one.find("://[::1]") != std::string::npos;
    });
  }
  return found == addresses.end() ? addresses.front() : *found;
}

}  // namespace

result<void> server::parts::start() {
  std::optional<net::tls_context> tls;
  if (!set.tls_certificate_file.empty()) {
    auto loaded = net::tls_context::load(set.tls_certificate_file, set.tls_key_file);
    if (!loaded) return fail(std::move(loaded.error()));
    tls = std::move(*loaded);
  }
  auto ready = machine.prepare();
  if (!ready) return ready;
  set.data.open_files_max = open_files_max(raise_file_limit(), set.threads);
  auto opened = store::store_host::open({io::real_kernel(), time, random, log, numbers}, set.data);
  if (!opened) return fail(with_advice(std::move(opened.error())));
  data = std::move(*opened);
  data->announce(nearest(machine.addresses()), set.http.tus_base_path);
  answers = std::make_unique<api::router>(api::services{.data = data->serving(),
                                                        .set = set.http,
                                                        .time = time,
                                                        .random = random,
                                                        .log = log,
                                                        .numbers = &numbers,
                                                        .pages = page_at,
                                                        .draining = &machine.draining()});
  machine.serve(*answers, streams_with(std::move(tls)));
  note_start();
  return {};
}

void server::parts::note_start() {
  const io::buffer_pool& buffers = machine.worker(0).lends().buffers;
  log.info("started", {{"version", std::string_view{set.data.version}},
                       {"data_dir", std::string_view{set.data.data_dir}},
                       {"durability", store::name_of(set.data.level)},
                       {"threads", std::uint64_t{set.threads}},
                       {"connections_max", std::uint64_t{connections_max(raise_file_limit(), set.threads)}},
                       {"registered_buffers", std::uint64_t{buffers.registered_count()}}});
}

void server::parts::stop() {
  if (std::exchange(stopped, true)) return;
  log.info("draining", {{"patience_ms", std::int64_t{set.drain_timeout.count()}}});
  machine.drain();
  if (data) data->close();
  machine.stop();
  log.info("stopped");
}

server::server(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
server::~server() {
  parts_->stop();
}

result<std::unique_ptr<server>> server::start(const options& set) {
  const auto ring = io::probe_ring();
  if (!ring) return fail(ring.error());
  std::unique_ptr<server> made{new server{std::make_unique<parts>(set)}};
  auto started = made->parts_->start();
  if (!started) {
    made->parts_->stopped = true;  // nothing was begun that a log would have to end
    return fail(std::move(started.error()));
  }
  return made;
}

const std::vector<std::string>& server::addresses() const noexcept {
  return parts_->machine.addresses();
}

void server::stop() {
  parts_->stop();
}

}  // namespace wf::server
