#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "support/sim/world.hpp"
#include "waveforge/base/check.hpp"

namespace wf::sim {

/// What a client of the simulated world does, as a coroutine over its events. Begun when awaited (or by `started`), and
/// owned by whoever holds it: a script that is dropped ends where it is.
template <typename T>
class script;

namespace detail {

struct script_promise_base {
  std::coroutine_handle<> then{std::noop_coroutine()};

  struct hand_over {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      return ended.promise().then;
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  hand_over final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept { check_failed("no exception leaves a script", __FILE__, __LINE__); }
};

template <typename T>
struct script_promise : script_promise_base {
  std::optional<T> value{};
  script<T> get_return_object() noexcept;
  void return_value(T given) { value.emplace(std::move(given)); }
  T take() { return std::move(*value); }
};

template <>
struct script_promise<void> : script_promise_base {
  script<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <typename T>
class [[nodiscard]] script {
 public:
  using promise_type = detail::script_promise<T>;
  explicit script(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  script(script&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  script& operator=(script&&) = delete;
  ~script() {
    if (handle_) handle_.destroy();
  }

  void start() { handle_.resume(); }
  [[nodiscard]] bool ended() const noexcept { return handle_.done(); }

  auto operator co_await() noexcept {
    struct awaiter {
      std::coroutine_handle<promise_type> child;
      [[nodiscard]] bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
        child.promise().then = parent;
        return child;
      }
      T await_resume() { return child.promise().take(); }
    };
    return awaiter{handle_};
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {
template <typename T>
script<T> script_promise<T>::get_return_object() noexcept {
  return script<T>{std::coroutine_handle<script_promise<T>>::from_promise(*this)};
}
inline script<void> script_promise<void>::get_return_object() noexcept {
  return script<void>{std::coroutine_handle<script_promise<void>>::from_promise(*this)};
}
}  // namespace detail

/// co_await pause(world, span)
struct pause {
  world& in;
  span_of_time span;
  pause(world& where, span_of_time how_long) noexcept : in(where), span(how_long) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waits) {
    in.after(span, [waits] { waits.resume(); });
  }
  void await_resume() const noexcept {}
};

}  // namespace wf::sim
