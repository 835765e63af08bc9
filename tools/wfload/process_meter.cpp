#include "wfload/process_meter.hpp"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>

namespace wf::load {
namespace {

std::string read_all(const std::string& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// The fields of /proc/PID/stat from the third on; the second may contain spaces and parentheses.
std::vector<std::string> stat_fields(int pid) {
  const std::string text = read_all("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = text.rfind(')');
  std::vector<std::string> fields;
  if (name_end == std::string::npos) return fields;
  std::istringstream rest{text.substr(name_end + 1)};
  for (std::string word; rest >> word;) fields.push_back(word);
  return fields;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "name:   123 kB" lines of /proc/PID/status and /proc/PID/io.
std::uint64_t line_value(const std::string& text, const std::string& name) {
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name + ":")) continue;
    const std::size_t digit = line.find_first_of("0123456789");
    return digit == std::string::npos ? 0 : number(std::string_view{line}.substr(digit));
  }
  return 0;
}

std::set<int> with_descendants(const std::vector<int>& roots) {
  std::multimap<int, int> children;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const int pid = static_cast<int>(number(name));
    const auto fields = stat_fields(pid);
    if (fields.size() > 1) children.emplace(static_cast<int>(number(fields[1])), pid);
  }
  std::set<int> found;
  std::vector<int> open{roots};
  while (!open.empty()) {
    const int pid = open.back();
    open.pop_back();
    if (!found.insert(pid).second) continue;
    const auto [from, to] = children.equal_range(pid);
    for (auto at = from; at != to; ++at) open.push_back(at->second);
  }
  return found;
}

}  // namespace

usage measure(const std::vector<int>& pids) {
  usage sum;
  if (pids.empty()) return sum;
  const auto ticks_per_s = static_cast<double>(::sysconf(_SC_CLK_TCK));
  for (const int pid : with_descendants(pids)) {
    const auto stat = stat_fields(pid);
    if (stat.size() < 18) continue;
    const std::string base = "/proc/" + std::to_string(pid);
    const std::string io = read_all(base + "/io");
    const std::string status = read_all(base + "/status");
    sum.readable = true;
    sum.user_s += static_cast<double>(number(stat[11])) / ticks_per_s;
    sum.system_s += static_cast<double>(number(stat[12])) / ticks_per_s;
    sum.threads += number(stat[17]);
    sum.write_bytes += line_value(io, "write_bytes");
    sum.cancelled_write_bytes += line_value(io, "cancelled_write_bytes");
    sum.resident_bytes += line_value(status, "VmRSS") * 1024;
    sum.resident_peak_bytes += line_value(status, "VmHWM") * 1024;
    sum.switches += line_value(status, "voluntary_ctxt_switches") + line_value(status, "nonvoluntary_ctxt_switches");
  }
  return sum;
}

}  // namespace wf::load
