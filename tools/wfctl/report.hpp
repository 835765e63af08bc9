#pragma once

#include <vector>

#include "waveforge/base/json_writer.hpp"
#include "wfctl/finding.hpp"
#include "wfctl/table.hpp"

/// Findings as text and as JSON; what fsck and gc say at their end.
namespace wf::ctl {

void put_finding(json_writer& json, const finding& one);
/// A line each under titles; empty for none.
[[nodiscard]] std::string findings_text(const std::vector<finding>& found, const look& with);

}  // namespace wf::ctl
