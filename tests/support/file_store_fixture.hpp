#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/hosted_store.hpp"
#include "support/memory_body.hpp"
#include "support/watched_kernel.hpp"
#include "waveforge/store/store_host.hpp"

namespace wf::store {

using test::memory_body;

/// A file store whose operations the test may hold or fail, and what one asks of it most.
class FileStore : public test::hosted_store<test::watched_kernel> {
 protected:
  static session::session_id id_of(std::string_view text) {
    return session::session_id::parse(text, session::id_format::token).value();
  }
  create_request creation(std::string_view id, std::uint32_t index, std::optional<std::uint64_t> length,
                          std::optional<std::uint32_t> total = {}) {
    create_request request;
    request.id = id_of(id);
    request.index = chunk_index{index};
    request.length_bytes = length;
    request.length_bytes_max = 5U << 20U;
    request.hints.total_chunks = total;
    request.hints.format = "webm";
    return request;
  }
  result<chunk_view> append(std::string_view id, std::uint32_t index, memory_body& body, std::uint64_t offset) {
    auto right = run(data().write(id_of(id), chunk_index{index}));
    if (!right) return fail(right.error());
    append_options how;
    how.offset_bytes = offset;
    return run((*right)->append(on_, body, how));
  }
  void send(std::string_view id, std::uint32_t index, const std::string& text,
            std::optional<std::uint32_t> total = {}) {
    const auto created = run(data().create(creation(id, index, text.size(), total)));
    ASSERT_TRUE(created) << created.error().detail;
    memory_body body{text};
    const auto appended = append(id, index, body, created->chunk.offset_bytes);
    ASSERT_TRUE(appended) << appended.error().detail;
    EXPECT_TRUE(appended->complete());
  }
  session_view wait_for(std::string_view id, session::state wanted) {
    std::uint64_t seen = 0;
    for (;;) {
      auto view = run(data().wait_for_change(id_of(id), seen, ring_.after(std::chrono::seconds{20})));
      if (!view) {
        ADD_FAILURE() << "never became " << session::name_of(wanted) << ": " << view.error().detail;
        return {};
      }
      if (view->state == wanted) return *view;
      seen = view->version;
    }
  }
  /// What another thread is at comes true within 20 s.
  template <typename Condition>
  [[nodiscard]] bool comes_true(const Condition& condition) {
    const auto until = time_.now() + std::chrono::seconds{20};
    while (!condition()) {
      if (time_.now() > until) return false;
      ring_.turn(false);
    }
    return true;
  }
  /// Descriptors of this process for what lies in sessions' directories, or in that of one.
  [[nodiscard]] std::size_t open_below_data_dir(std::string_view session = "/") const {
    std::size_t count = 0;
    for (const auto& one : std::filesystem::directory_iterator{"/proc/self/fd"}) {
      std::error_code gone;
      const std::string target = std::filesystem::read_symlink(one.path(), gone);
      if (!target.starts_with(with_.data_dir + std::string{session})) continue;
      if (!target.substr(with_.data_dir.size()).starts_with("/.")) ++count;
    }
    return count;
  }
  std::string manifest(std::string_view id) const {
    std::ifstream in{with_.data_dir + "/" + std::string{id} + "/completed/recording.meta", std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  std::string recording(std::string_view id) const {
    std::ifstream in{with_.data_dir + "/" + std::string{id} + "/completed/recording.webm", std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
};

}  // namespace wf::store
