#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "support/manual_clock.hpp"
#include "support/ring_fixture.hpp"
#include "support/scripted_kernel.hpp"
#include "support/scripted_ring.hpp"

namespace wf::test {

/// A ring on which the test says how everything ends.
class scripted_ring_test : public ::testing::Test {
 protected:
  template <typename T>
  T run(io::task<T> work) {
    return run_on_ring(ring_, std::move(work));
  }
  /// Every ready function has run, and nothing was waited for.
  void settle() {
    while (ring_.turn(false)) {
    }
  }

  manual_clock time_;
  scripted_kernel kernel_;
  scripted_ring* script_{new scripted_ring{time_}};  // owned by the context
  io::ring_context ring_{kernel_, time_, std::unique_ptr<io::ring_backend>{script_}, "test"};
};

}  // namespace wf::test
