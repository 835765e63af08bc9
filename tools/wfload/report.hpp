#pragma once

#include <string>

#include "wfload/options.hpp"
#include "wfload/process_meter.hpp"
#include "wfload/tally.hpp"

namespace wf::load {

/// Everything a report is made of.
struct outcome {
  double elapsed_s{0};  ///< from the first request to the last answer
  double window_s{0};   ///< the part in which new work was begun
  tally seen{};
  usage before{};
  usage after{};
  double own_cpu_s{0};  ///< of this program: near elapsed × threads, the generator is the bottleneck
};

/// The report as one JSON object, with a final newline.
[[nodiscard]] std::string report_json(const options& how, const outcome& what);
/// The report for a person: totals, a table of latencies, the server's use, and what failed.
[[nodiscard]] std::string report_text(const options& how, const outcome& what);

}  // namespace wf::load
