#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wfload/job.hpp"
#include "wfload/options.hpp"
#include "wfload/request_text.hpp"

namespace wf::load {

/// The end of a session's recording, when all its chunks are acknowledged: ask for assembly where the run does so, wait
/// until the status says assembled, read the recording back and delete it as asked for.
class finish_job final : public job {
 public:
  /// The job keeps the recording alive and borrows options and texts.
  finish_job(const options& how, const request_text& text, std::shared_ptr<const recording> of);

  [[nodiscard]] step next(const answer* last) override;
  [[nodiscard]] std::unique_ptr<job> check(const options& how) const override;

 private:
  enum class stage : std::uint8_t { assemble, status, read, remove };

  finish_job(const options& how, const finish_job& sent);

  [[nodiscard]] step request();
  [[nodiscard]] step on_status(const answer& last);
  [[nodiscard]] step on_read(const answer& last);
  [[nodiscard]] step wait_and_look();
  [[nodiscard]] step enter(stage next);
  [[nodiscard]] step again(const answer& last);

  const options& how_;
  const request_text& text_;
  std::shared_ptr<const recording> of_;
  stage stage_;
  std::chrono::milliseconds waited_{0};
  std::chrono::milliseconds next_wait_{1};
};

/// The string value of the first member `name` of a JSON text, found by its quoted name; empty if there is none. Enough
/// for a status document, which has no member names in its string values at the top.
[[nodiscard]] std::string_view json_string(std::string_view text, std::string_view name) noexcept;

}  // namespace wf::load
