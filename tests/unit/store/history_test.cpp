// Proves that what is loaded again equals what was told before: random histories of creations, bodies, replacements,
// removals and assemblies, then a restart, at every level and in every layout.
#include <gtest/gtest.h>

#include <map>

#include "support/seeded.hpp"
#include "support/store_parts.hpp"
#include "support/store_suite_fixture.hpp"
#include "waveforge/store/store_host.hpp"

namespace wf::test {
namespace {

class restarting_rig {
 public:
  restarting_rig(io::ring_context&, const clock& time) : world_{io::real_kernel(), time, random_, log_, count_} {
    with_.data_dir = home_.path() + "/data";
    with_.min_free = {0, 0};
    open();
  }
  void open() { host_ = wf::store::store_host::open(world_, with_).value(); }
  void close() { host_.reset(); }
  wf::store::store& data() { return host_->serving(); }
  wf::store::options& options() { return with_; }

 private:
  temporary_directory home_;
  counting_random random_;
  null_logger log_;
  null_metrics count_;
  wf::store::environment world_;
  wf::store::options with_{};
  std::unique_ptr<wf::store::store_host> host_;
};

class History : public StoreSuite<restarting_rig> {
 protected:
  seeded draw_{"store histories"};
  std::vector<std::string> names_{"a", "b", "c", "d"};

  std::string some_bytes() { return std::string(draw_.between(0, 40'000), static_cast<char>(draw_.between(0, 255))); }
  void step() {
    const std::string& id = names_[draw_.index(0, 3)];
    const std::uint32_t index = draw_.index(0, 5);
    const auto at = chunk_index{index};
    switch (draw_.between(0, 7)) {
      case 0: {
        const auto total = draw_.one_in(4) ? std::optional{draw_.index(1, 6)} : std::nullopt;
        (void)create(id, index, draw_.one_in(3) ? 20'000 : draw_.between(0, 30'000), total);
        break;
      }
      case 1:
      case 2:
      case 3: {
        const auto settled = run(data().settle(id_of(id), at));
        if (!settled) break;
        memory_body body{some_bytes(), {.in_hand_bytes = draw_.between(0, 100), .piece_bytes = 7'000}};
        (void)append(id, index, body, settled->offset_bytes);
        break;
      }
      case 4: {
        memory_body body{some_bytes()};
        (void)run(data().replace(on_, creation(id, index, {}), body));
        break;
      }
      case 5: (void)run(data().remove_chunk(id_of(id), at)); break;
      case 6: {
        if (draw_.one_in(10)) (void)run(data().remove(id_of(id)));
        break;
      }
      default: {
        wf::store::assemble_request request;
        request.id = id_of(id);
        if (draw_.one_in(2)) request.name = "Interview";
        if (draw_.one_in(4)) (void)run(data().assemble(request));
      }
    }
  }
  /// Everything that can be seen of a session, as text.
  std::string seen(const std::string& id) {
    auto view = run(data().status(id_of(id)));
    for (; view && (view->state == session::state::assembling || view->state == session::state::sealed) &&
           view->missing.empty();
         view = run(data().wait_for_change(id_of(id), view->version, ring_.after(std::chrono::seconds{20})))) {
    }
    if (!view) return "error " + std::to_string(static_cast<int>(view.error().code));
    std::string out =
        std::string{session::name_of(view->state)} + " total " + std::to_string(view->total_chunks.value_or(0)) +
        " bytes " + std::to_string(view->bytes_received) + " name " + view->recording_name + " format " + view->format +
        " created " + std::to_string(view->created_at.time_since_epoch().count()) + " failure " + view->failure;
    for (const std::uint32_t index : view->missing.first()) out += " missing " + std::to_string(index);
    for (const auto& [index, bytes] : view->partial) {
      out += " partial " + std::to_string(index) + ":" + std::to_string(bytes);
    }
    if (view->recording) out += " recording " + recording(id);
    return out;
  }
};

TEST_F(History, IsTheSameAfterItWasLoadedAgain) {
  using wf::store::durability;
  using wf::store::layout;
  for (const auto level : {durability::none, durability::chunk, durability::patch}) {
    for (const auto place : {layout::automatic, layout::files}) {
      SCOPED_TRACE(testing::Message() << name_of(level) << " " << static_cast<int>(place));
      rig_.close();
      rig_.options().level = level;
      rig_.options().place = place;
      rig_.open();
      for (std::string& one : names_) one += "x";
      for (int restart = 0; restart < 3; ++restart) {
        for (int steps = 0; steps < 40; ++steps) step();
        std::map<std::string, std::string> before;
        for (const std::string& id : names_) before[id] = seen(id);
        rig_.close();
        rig_.open();
        for (const std::string& id : names_)
          ASSERT_TRUE(seen(id) == before[id]) << seen(id).substr(0, 300) << "\n" << before[id].substr(0, 300);
      }
    }
  }
}

}  // namespace
}  // namespace wf::test
