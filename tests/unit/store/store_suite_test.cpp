// Proves that every store does what store.hpp says: the one in files, in each of its layouts, and the model in memory
// that stands in for it in the tests of its callers.
#include "support/store_suite.hpp"

#include "support/memory_store.hpp"
#include "support/store_parts.hpp"
#include "waveforge/store/store_host.hpp"

namespace wf::test {
namespace {

template <wf::store::layout Layout>
class file_rig {
 public:
  file_rig(io::ring_context&, const clock& time) : world_{io::real_kernel(), time, random_, log_, count_} {
    with_.data_dir = home_.path() + "/data";
    with_.min_free = {0, 0};
    with_.place = Layout;
    host_ = wf::store::store_host::open(world_, with_).value();
  }
  wf::store::store& data() { return host_->serving(); }

 private:
  temporary_directory home_;
  counting_random random_;
  null_logger log_;
  null_metrics count_;
  wf::store::environment world_;
  wf::store::options with_{};
  std::unique_ptr<wf::store::store_host> host_;
};

class memory_rig {
 public:
  memory_rig(io::ring_context&, const clock& time) : store_{time} {}
  wf::store::store& data() { return store_; }

 private:
  memory_store store_;
};

using stores = testing::Types<file_rig<wf::store::layout::automatic>, file_rig<wf::store::layout::files>, memory_rig>;
INSTANTIATE_TYPED_TEST_SUITE_P(Stores, StoreSuite, stores);

}  // namespace
}  // namespace wf::test
