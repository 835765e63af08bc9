#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/counting_random.hpp"
#include "support/memory_facts.hpp"
#include "support/ring_fixture.hpp"
#include "support/temporary_directory.hpp"
#include "support/watched_kernel.hpp"
#include "waveforge/store/committer.hpp"
#include "waveforge/store/remover.hpp"
#include "waveforge/store/store_core.hpp"

namespace wf::test {

/// The machine's clocks, which a test may turn on: the calendar alone, or both.
class turned_clock final : public clock {
 public:
  [[nodiscard]] steady_time now() const noexcept override { return machine_.now() + passed_; }
  [[nodiscard]] utc_time utc_now() const noexcept override { return machine_.utc_now() + turned_; }
  void turn(std::chrono::milliseconds by) noexcept { turned_ += by; }
  void pass(std::chrono::milliseconds by) noexcept {
    turned_ += by;
    passed_ += by;
  }

 private:
  machine_clock machine_{};
  std::chrono::milliseconds turned_{0};
  std::chrono::milliseconds passed_{0};
};

class summing_metrics final : public metrics {
 public:
  void add(counter which, std::uint64_t amount) noexcept override { counted[which] += amount; }
  void set(gauge which, std::int64_t value) noexcept override { gauges[which] = value; }
  void shift(gauge which, std::int64_t by) noexcept override { gauges[which] += by; }
  void observe(timing, double) noexcept override {}
  std::map<counter, std::uint64_t> counted{};
  std::map<gauge, std::int64_t> gauges{};
};

/// Facts in a map, which appear in the watched kernel's list of events.
class watched_facts final : public store::facts {
 public:
  explicit watched_facts(watched_kernel& world) : world_{world} {}
  [[nodiscard]] result<void> apply(std::span<const store::fact_write> batch, bool sync) override {
    world_.note(sync ? "apply and sync" : "apply");
    return kept.apply(batch, sync);
  }
  [[nodiscard]] result<std::optional<std::string>> get(std::string_view key) override {
    ++gets;
    if (unreadable) return fail(*unreadable);
    if (key == unreadable_row) return fail(errc::io_failed, "read a row");
    return kept.get(key);
  }
  [[nodiscard]] result<void> scan(std::string_view prefix, std::string_view from,
                                  const std::function<bool(std::string_view, std::string_view)>& each) override {
    if (unreadable) return fail(*unreadable);
    if (prefix != breaks_once) return kept.scan(prefix, from, each);
    breaks_once.clear();
    (void)kept.scan(prefix, from, [&](std::string_view key, std::string_view value) {
      (void)each(key, value);
      return false;
    });
    return fail(errc::io_failed, "read the next row");
  }
  memory_facts kept{};
  std::size_t gets{0};
  std::optional<error> unreadable{};
  std::string unreadable_row{};  ///< look-ups of this row fail
  std::string breaks_once{};     ///< the next scan of these rows fails after one of them

 private:
  watched_kernel& world_;
};

/// Parts of the file store on one ring of the real machine, turned by the test's own thread.
class store_parts : public ::testing::Test {
 protected:
  void TearDown() override {
    commits_.stop();
    (void)run(rounds_.join(io::deadline::never()));
  }
  void SetUp() override { ASSERT_TRUE(rounds_.spawn(commits_.run())); }
  template <typename T>
  T run(io::task<T> work) {
    return run_on_ring(ring_, std::move(work));
  }
  /// Turns the ring until it is so. False: a disk that answers would have made it so.
  template <typename Condition>
  [[nodiscard]] bool comes_true(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      ring_.turn(false);
    }
    return true;
  }
  static session::session_id id_of(std::string_view text) {
    return session::session_id::parse(text, session::id_format::token).value();
  }
  [[nodiscard]] std::filesystem::path path_of(std::string_view below) const {
    return std::filesystem::path{home_.path()} / below;
  }
  std::shared_ptr<store::open_directory> open_home() {
    auto made = std::make_shared<store::open_directory>();
    made->handle = io::directory{io::descriptor{kernel_, kernel_.open_root(home_.path()).value()}};
    return made;
  }

  temporary_directory home_;
  watched_kernel kernel_;
  turned_clock time_;
  counting_random random_;
  null_logger log_;
  summing_metrics count_;
  store::environment world_{kernel_, time_, random_, log_, count_};
  store::options with_{};
  io::ring_context ring_{kernel_, time_, kernel_.make_ring(64).value(), "test"};
  std::shared_ptr<store::open_directory> root_{open_home()};
  watched_facts rows_{kernel_};
  store::ballast spare_{world_, root_->handle};
  store::committer commits_{world_, ring_, rows_, root_->handle, spare_};
  store::space_guard space_{world_, with_.min_free, root_->handle};
  static constexpr session::era era = 7;
  store::file_budget files_open_{with_.open_files_max};
  store::session_cache sessions_{world_, with_, root_, files_open_, ring_, rows_, era};
  store::store_core core_{world_, with_, root_, {}, era, rows_, commits_, sessions_, space_, spare_, nullptr};
  io::task_scope rounds_{ring_};
};

}  // namespace wf::test
