#pragma once

#include <memory>
#include <string>

#include "wfload/job.hpp"
#include "wfload/options.hpp"
#include "wfload/request_text.hpp"

namespace wf::load {

/// One chunk as a file of its own by PUT (nginx, lighttpd), then reading back and deleting as asked for. No retries:
/// these servers have nothing to resume.
class put_job final : public job {
 public:
  /// The job keeps the recording alive and borrows options and texts.
  put_job(const options& how, const request_text& text, std::shared_ptr<const recording> of, std::uint32_t index);

  [[nodiscard]] step next(const answer* last) override;
  [[nodiscard]] std::unique_ptr<job> check(const options& how) const override;

 private:
  enum class stage : std::uint8_t { start, put, put_before, read, remove };

  put_job(const options& how, const put_job& sent);

  [[nodiscard]] step after_put();
  [[nodiscard]] step delete_it();

  const options& how_;
  const request_text& text_;
  std::shared_ptr<const recording> of_;
  slice chunk_;
  std::string path_;
  stage stage_{stage::start};
};

}  // namespace wf::load
