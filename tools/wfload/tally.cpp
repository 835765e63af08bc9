#include "wfload/tally.hpp"

#include <algorithm>

namespace wf::load {
namespace {

constexpr std::size_t kinds_max = 64;

// "patch: sent 512 to 1024" and "patch: sent 0 to 512" are the same trouble. A status stays: it is what tells apart.
std::string without_details(const std::string& why) {
  std::string out;
  for (std::size_t at = 0; at < why.size() && out.size() < 120;) {
    std::size_t end = at;
    while (end < why.size() && why[end] >= '0' && why[end] <= '9') ++end;
    const bool status = end - at == 3 && at > 1 && why[at - 1] == ' ' && why[at - 2] == ':';
    if (end == at) {
      out += why[at++];
    } else {
      out += status ? why.substr(at, 3) : "N";
      at = end;
    }
  }
  return out;
}

}  // namespace

void tally::fail(const std::string& why) {
  ++failures;
  if (why.starts_with("mismatch:") || why.starts_with("lost:")) ++mismatches;
  std::string key = without_details(why);
  if (troubles.size() >= kinds_max && !troubles.contains(key)) key = "other";
  trouble& entry = troubles[key];
  if (entry.times++ == 0) entry.example = why;
}

void tally::merge(const tally& other) {
  for (std::size_t at = 0; at < latency.size(); ++at) latency[at].merge(other.latency[at]);
  for (const auto& [key, value] : other.troubles) {
    trouble& entry = troubles[key];
    if (entry.times == 0) entry.example = value.example;
    entry.times += value.times;
  }
  bytes_acknowledged += other.bytes_acknowledged;
  bytes_acknowledged_in_window += other.bytes_acknowledged_in_window;
  bytes_compared += other.bytes_compared;
  chunks += other.chunks;
  recordings += other.recordings;
  recordings_verified += other.recordings_verified;
  failures += other.failures;
  mismatches += other.mismatches;
  retries += other.retries;
  connects += other.connects;
  arrivals_late += other.arrivals_late;
}

}  // namespace wf::load
