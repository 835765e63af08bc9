#include "wfload/report.hpp"

#include <fmt/format.h>

#include <iterator>

namespace wf::load {
namespace {

double ms(std::chrono::nanoseconds value) {
  return std::chrono::duration<double, std::milli>(value).count();
}

std::string quoted(std::string_view text) {
  std::string out{"\""};
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

double gigabytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / 1e9;
}

double ratio(double value, double by) {
  return by > 0 ? value / by : 0;
}

std::string_view protocol_name(protocol which) {
  constexpr std::string_view names[] = {"session", "tus", "put"};
  return names[static_cast<std::size_t>(which)];
}

std::string server_json(const outcome& what) {
  if (!what.after.readable) return "null";
  const double cpu_s = what.after.user_s + what.after.system_s - what.before.user_s - what.before.system_s;
  const std::uint64_t written = what.after.write_bytes - what.before.write_bytes;
  const std::uint64_t received = what.seen.bytes_acknowledged;
  return fmt::format(
      "{{\"user_s\":{:.3f},\"system_s\":{:.3f},\"cpu_s_per_gb\":{:.4f},\"cores\":{:.3f},\"write_bytes\":{},"
      "\"cancelled_write_bytes\":{},\"write_bytes_per_byte\":{:.5f},\"resident_bytes\":{},\"resident_peak_bytes\":{},"
      "\"threads\":{},\"main_thread_switches\":{}}}",
      what.after.user_s - what.before.user_s, what.after.system_s - what.before.system_s,
      ratio(cpu_s, gigabytes(received)), ratio(cpu_s, what.elapsed_s), written,
      what.after.cancelled_write_bytes - what.before.cancelled_write_bytes,
      ratio(static_cast<double>(written), static_cast<double>(received)), what.after.resident_bytes,
      what.after.resident_peak_bytes, what.after.threads, what.after.switches - what.before.switches);
}

std::string latency_json(const tally& seen) {
  std::string out;
  for (std::size_t at = 0; at < seen.latency.size(); ++at) {
    const histogram& one = seen.latency[at];
    if (one.count() == 0) continue;
    fmt::format_to(std::back_inserter(out),
                   "{}\"{}\":{{\"count\":{},\"mean_ms\":{:.4f},\"p50_ms\":{:.4f},\"p90_ms\":{:.4f},\"p99_ms\":{:.4f},"
                   "\"p999_ms\":{:.4f},\"max_ms\":{:.4f}}}",
                   out.empty() ? "" : ",", name_of(static_cast<kind>(at)), one.count(), ms(one.mean()),
                   ms(one.percentile(0.5)), ms(one.percentile(0.9)), ms(one.percentile(0.99)),
                   ms(one.percentile(0.999)), ms(one.max()));
  }
  return "{" + out + "}";
}

std::string troubles_json(const tally& seen) {
  std::string out;
  for (const auto& [key, value] : seen.troubles) {
    fmt::format_to(std::back_inserter(out), "{}{{\"what\":{},\"times\":{},\"example\":{}}}", out.empty() ? "" : ",",
                   quoted(key), value.times, quoted(value.example));
  }
  return "[" + out + "]";
}

}  // namespace

std::string report_json(const options& how, const outcome& what) {
  const tally& seen = what.seen;
  return fmt::format(
      "{{\"url\":{},\"protocol\":\"{}\",\"seed\":{},\"connections\":{},\"sessions\":{},\"threads\":{},"
      "\"chunk_bytes\":{},\"patch_bytes\":{},\"chunks_per_recording\":{},\"rate\":{:.3f},\"cycles\":{},\"verify\":{},"
      "\"elapsed_s\":{:.3f},\"window_s\":{:.3f},\"bytes\":{},\"window_bytes\":{},\"gb_per_s\":{:.4f},"
      "\"bytes_compared\":{},\"chunks\":{},\"recordings\":{},\"recordings_verified\":{},\"failures\":{},"
      "\"mismatches\":{},\"retries\":{},\"connects\":{},\"arrivals_late\":{},\"own_cores\":{:.3f},"
      "\"latency\":{},\"server\":{},\"errors\":{}}}\n",
      quoted(how.url), protocol_name(how.speak), how.seed, how.connections, how.sessions, how.threads, how.chunk_bytes,
      how.patch_bytes, how.chunks_per_recording, how.rate, how.cycles, how.verify, what.elapsed_s, what.window_s,
      seen.bytes_acknowledged, seen.bytes_acknowledged_in_window,
      ratio(gigabytes(seen.bytes_acknowledged_in_window), what.window_s), seen.bytes_compared, seen.chunks,
      seen.recordings, seen.recordings_verified, seen.failures, seen.mismatches, seen.retries, seen.connects,
      seen.arrivals_late, ratio(what.own_cpu_s, what.elapsed_s), latency_json(seen), server_json(what),
      troubles_json(seen));
}

std::string report_text(const options& how, const outcome& what) {
  const tally& seen = what.seen;
  std::string out =
      fmt::format("{} to {}: {} recordings, {} chunks, {:.3f} GB in {:.1f} s, {:.3f} GB/s (seed {})\n",
                  protocol_name(how.speak), how.url, seen.recordings, seen.chunks, gigabytes(seen.bytes_acknowledged),
                  what.elapsed_s, ratio(gigabytes(seen.bytes_acknowledged_in_window), what.window_s), how.seed);
  fmt::format_to(std::back_inserter(out), "{:>10} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "", "count", "p50 ms",
                 "p90", "p99", "p99.9", "max");
  for (std::size_t at = 0; at < seen.latency.size(); ++at) {
    const histogram& one = seen.latency[at];
    if (one.count() == 0) continue;
    fmt::format_to(std::back_inserter(out), "{:>10} {:>10} {:>10.3f} {:>10.3f} {:>10.3f} {:>10.3f} {:>10.3f}\n",
                   name_of(static_cast<kind>(at)), one.count(), ms(one.percentile(0.5)), ms(one.percentile(0.9)),
                   ms(one.percentile(0.99)), ms(one.percentile(0.999)), ms(one.max()));
  }
  if (how.verify) {
    fmt::format_to(std::back_inserter(out), "verified: {} recordings, {:.3f} GB compared byte by byte\n",
                   seen.recordings_verified, gigabytes(seen.bytes_compared));
  }
  if (how.rate > 0) fmt::format_to(std::back_inserter(out), "began over 1 ms late: {}\n", seen.arrivals_late);
  if (seen.retries != 0) fmt::format_to(std::back_inserter(out), "retries: {}\n", seen.retries);
  if (what.after.readable) {
    const double cpu_s = what.after.user_s + what.after.system_s - what.before.user_s - what.before.system_s;
    fmt::format_to(std::back_inserter(out),
                   "server: {:.3f} CPU-s/GB ({:.2f} cores), {:.4f} bytes to disk per byte, {:.1f} MiB resident (peak "
                   "{:.1f}), {} threads\n",
                   ratio(cpu_s, gigabytes(seen.bytes_acknowledged)), ratio(cpu_s, what.elapsed_s),
                   ratio(static_cast<double>(what.after.write_bytes - what.before.write_bytes),
                         static_cast<double>(seen.bytes_acknowledged)),
                   static_cast<double>(what.after.resident_bytes) / 1048576.0,
                   static_cast<double>(what.after.resident_peak_bytes) / 1048576.0, what.after.threads);
  }
  fmt::format_to(std::back_inserter(out), "generator: {:.2f} cores\n", ratio(what.own_cpu_s, what.elapsed_s));
  for (const auto& [key, value] : seen.troubles) {
    fmt::format_to(std::back_inserter(out), "FAILED {} times: {}\n", value.times, value.example);
  }
  out += seen.failures == 0
             ? "no error\n"
             : fmt::format("{} failures, {} of them wrong or lost bytes\n", seen.failures, seen.mismatches);
  return out;
}

}  // namespace wf::load
