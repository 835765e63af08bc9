#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace wf::server {

/// What the kernel counts about this process, under the names every Prometheus client library uses.
void append_process_metrics(std::vector<prometheus::MetricFamily>& families);

}  // namespace wf::server
