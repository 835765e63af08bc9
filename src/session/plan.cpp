#include "waveforge/session/plan.hpp"

namespace wf::session {

namespace {

bool continues(const plan_step& before, const plan_step& next) noexcept {
  return before.from.where == home::segment && next.from.where == home::segment &&
         before.from.offset_bytes + before.length_bytes == next.from.offset_bytes &&
         before.offset_bytes + before.length_bytes == next.offset_bytes;
}

bool in_place(const plan_step& step) noexcept {
  return step.from.where == home::segment && step.from.offset_bytes == step.offset_bytes;
}

}  // namespace

assembly_plan plan_assembly(const chunk_map& chunks, std::uint32_t total) {
  assembly_plan plan;
  for (const auto& [index, one] : chunks.all()) {
    if (index >= total) break;
    const std::uint64_t length = one.length_bytes.value_or(0);
    if (length == 0) continue;
    const plan_step step{index, one.where, length, plan.size_bytes};
    plan.size_bytes += length;
    if (!plan.steps.empty() && continues(plan.steps.back(), step)) {
      plan.steps.back().length_bytes += length;
    } else {
      plan.steps.push_back(step);
    }
  }
  if (plan.steps.empty() || !in_place(plan.steps.front())) return plan;
  // Merged, the leading chunks that lie in place are one step. Behind them only whole files may be copied in: a source
  // in the segment itself could be overwritten before it was read.
  for (std::size_t i = 1; i < plan.steps.size(); ++i) {
    if (plan.steps[i].from.where == home::segment) return plan;
  }
  plan.kind = plan_kind::adopt;
  plan.steps.erase(plan.steps.begin());
  return plan;
}

}  // namespace wf::session
