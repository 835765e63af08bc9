#pragma once

#include <memory>
#include <string>

#include "wfload/job.hpp"
#include "wfload/options.hpp"
#include "wfload/request_text.hpp"

namespace wf::load {

/// One chunk by tus: POST, PATCHes, and for plain tus (`whole`: the chunk is the file) reading back and deleting.
/// With retries it behaves as a careful client: after a broken or refused PATCH it asks HEAD where to go on. An offset
/// below what was acknowledged before is a lost byte and fails the job.
class upload_job final : public job {
 public:
  /// The job keeps the recording alive and borrows options and texts.
  upload_job(const options& how, const request_text& text, std::shared_ptr<const recording> of,
             recording::next_chunk which);

  [[nodiscard]] step next(const answer* last) override;
  [[nodiscard]] std::unique_ptr<job> check(const options& how) const override;

 private:
  enum class stage : std::uint8_t { create, append, ask, read, remove };

  upload_job(const options& how, const upload_job& sent);

  [[nodiscard]] step request();
  [[nodiscard]] step on_create(const answer& last);
  [[nodiscard]] step on_append(const answer& last);
  [[nodiscard]] step on_ask(const answer& last);
  [[nodiscard]] step on_read(const answer& last);
  [[nodiscard]] step go_on();
  [[nodiscard]] step after_upload();
  [[nodiscard]] step again(stage from, const answer& last);

  const options& how_;
  const request_text& text_;
  std::shared_ptr<const recording> of_;
  recording::next_chunk which_;
  slice chunk_;
  stage stage_{stage::create};
  std::string path_{};
  std::uint64_t offset_{0};
  std::uint64_t sent_to_{0};
  std::uint32_t tries_left_;
};

/// Why an answer is not what was hoped for: status and the start of its text, or how the connection broke.
[[nodiscard]] std::string describe(const answer& what);

/// How long to wait before the n-th retry (0, 1, …): 50 ms doubled each time, at most 2 s.
[[nodiscard]] pause retry_pause(std::uint64_t retries_before) noexcept;

}  // namespace wf::load
