#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/memory_body.hpp"
#include "support/ring_fixture.hpp"
#include "waveforge/store/store.hpp"

namespace wf::test {

/// A store of some kind and the hands that use it. `Rig`: constructible from (ring, clock), with `store::store&
/// data()`.
template <typename Rig>
class StoreSuite : public real_ring {
 protected:
  static constexpr std::size_t buffer_bytes = 64 * 1024;
  Rig rig_{ring_, time_};
  io::buffer_pool buffers_{ring_, 8, buffer_bytes};
  io::buffer_pool heads_{ring_, 8, 16384};
  io::pipe_pool pipes_{ring_, 2, 64 * 1024};
  io::worker on_{ring_, buffers_, heads_, pipes_};

  store::store& data() { return rig_.data(); }
  static session::session_id id_of(std::string_view text) {
    return session::session_id::parse(text, session::id_format::token).value();
  }
  static store::create_request creation(std::string_view id, std::uint32_t index, std::optional<std::uint64_t> length,
                                        std::optional<std::uint32_t> total = {}) {
    store::create_request request;
    request.id = id_of(id);
    request.index = chunk_index{index};
    request.length_bytes = length;
    request.length_bytes_max = 1U << 20U;
    request.hints.total_chunks = total;
    request.hints.format = "webm";
    return request;
  }
  result<store::created_chunk> create(std::string_view id, std::uint32_t index, std::optional<std::uint64_t> length,
                                      std::optional<std::uint32_t> total = {}) {
    return this->run(data().create(creation(id, index, length, total)));
  }
  /// Takes the right to append, and lets it go when the body has ended. `body` outlives it.
  io::task<result<store::chunk_view>> appending(session::session_id id, chunk_index index, memory_body& body,
                                                std::uint64_t offset) {
    const auto right = co_await data().write(id, index);
    if (!right) co_return fail(right.error());
    store::append_options how;
    how.offset_bytes = offset;
    auto outcome = co_await (*right)->append(on_, body, how);
    co_return outcome;
  }
  result<store::chunk_view> append(std::string_view id, std::uint32_t index, memory_body& body, std::uint64_t offset) {
    return this->run(appending(id_of(id), chunk_index{index}, body, offset));
  }
  void send(std::string_view id, std::uint32_t index, const std::string& text,
            std::optional<std::uint32_t> total = {}) {
    const auto made = create(id, index, text.size(), total);
    ASSERT_TRUE(made) << made.error().detail;
    memory_body body{text};
    const auto appended = append(id, index, body, 0);
    ASSERT_TRUE(appended) << appended.error().detail;
    ASSERT_TRUE(appended->complete());
  }
  std::uint64_t offset_of(std::string_view id, std::uint32_t index) {
    const auto settled = this->run(data().settle(id_of(id), chunk_index{index}));
    EXPECT_TRUE(settled) << settled.error().detail;
    return settled ? settled->offset_bytes : 0;
  }
  store::session_view wait_for(std::string_view id, session::state wanted) {
    for (std::uint64_t seen = 0;;) {
      auto view = this->run(data().wait_for_change(id_of(id), seen, ring_.after(std::chrono::seconds{20})));
      if (!view || view->state == wanted) {
        EXPECT_TRUE(view) << view.error().detail;
        return view.value_or(store::session_view{});
      }
      seen = view->version;
    }
  }
  std::string recording(std::string_view id) {
    const auto opened = this->run(data().open_recording(id_of(id)));
    if (!opened) return "not there: " + opened.error().detail;
    const auto bytes = std::make_shared<std::string>(opened->size_bytes, '\0');
    const auto read = this->run(opened->file->read(std::as_writable_bytes(std::span{*bytes}), 0, bytes));
    EXPECT_EQ(read.value_or(0), opened->size_bytes);
    return *bytes;
  }
};

}  // namespace wf::test
