#include "process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace wf::server {

namespace {

double resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  double total_pages = 0;
  double resident_pages = 0;
  file >> total_pages >> resident_pages;
  return file ? resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) : 0;
}

double open_descriptors() {
  std::error_code ignored;
  double count = 0;
  std::filesystem::directory_iterator at{"/proc/self/fd", ignored};
  for (; !ignored && at != std::filesystem::directory_iterator{}; at.increment(ignored)) ++count;
  return count;
}

double cpu_seconds() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return 0;
  const auto seconds = [](const timeval& span) {
    return static_cast<double>(span.tv_sec) + static_cast<double>(span.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

void append_process_metrics(std::vector<prometheus::MetricFamily>& families) {
  const auto append = [&families](std::string name, std::string help, prometheus::MetricType type, double value) {
    prometheus::ClientMetric metric;
    metric.gauge.value = value;
    metric.counter.value = value;
    families.push_back({std::move(name), std::move(help), type, {metric}});
  };
  append("process_resident_memory_bytes", "Resident memory.", prometheus::MetricType::Gauge, resident_bytes());
  append("process_open_fds", "Open file descriptors.", prometheus::MetricType::Gauge, open_descriptors());
  append("process_cpu_seconds_total", "User and system time, kernel workers included.", prometheus::MetricType::Counter,
         cpu_seconds());
}

}  // namespace wf::server
