#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace wf {

template <typename Signature>
class unique_function;

/// A move-only callable with room for small ones inside itself (std::move_only_function is C++23).
/// Calling an empty one is undefined.
template <typename R, typename... Args>
class unique_function<R(Args...)> {
 public:
  unique_function() noexcept = default;

  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, unique_function> &&
           std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>)
      unique_function(F&& callable) {  // NOLINT(google-explicit-constructor): a callable is a unique_function
    using stored = std::remove_cvref_t<F>;
    if constexpr (fits<stored>) {
      ::new (static_cast<void*>(&storage_)) stored(std::forward<F>(callable));
      table_ = &inline_table<stored>;
    } else {
      ::new (static_cast<void*>(&storage_)) stored*(new stored(std::forward<F>(callable)));
      table_ = &heap_table<stored>;
    }
  }
  unique_function(unique_function&& other) noexcept { take(other); }
  unique_function& operator=(unique_function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  unique_function(const unique_function&) = delete;
  unique_function& operator=(const unique_function&) = delete;
  ~unique_function() { reset(); }

  explicit operator bool() const noexcept { return table_ != nullptr; }
  R operator()(Args... args) { return table_->call(&storage_, std::forward<Args>(args)...); }

  void reset() noexcept {
    if (table_ != nullptr) std::exchange(table_, nullptr)->destroy(&storage_);
  }

 private:
  static constexpr std::size_t inline_bytes = 48;  // an awaitable handler with its result fits
  struct table {
    R (*call)(void*, Args...);
    void (*move)(void* from, void* to) noexcept;
    void (*destroy)(void*) noexcept;
  };
  template <typename T>
  static constexpr bool fits = sizeof(T) <= inline_bytes &&
                               alignof(T) <= alignof(std::max_align_t) && std::is_nothrow_move_constructible_v<T>;
  template <typename T>
  static constexpr table inline_table{
      [](void* at, Args... args) -> R { return (*static_cast<T*>(at))(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept {
        ::new (to) T(std::move(*static_cast<T*>(from)));
        static_cast<T*>(from)->~T();
      },
      [](void* at) noexcept { static_cast<T*>(at)->~T(); }};
  template <typename T>
  static constexpr table heap_table{
      [](void* at, Args... args) -> R { return (**static_cast<T**>(at))(std::forward<Args>(args)...); },
      [](void* from, void* to) noexcept { ::new (to) T*(*static_cast<T**>(from)); },
      [](void* at) noexcept { delete *static_cast<T**>(at); }};

  void take(unique_function& other) noexcept {
    if (other.table_ == nullptr) return;
    other.table_->move(&other.storage_, &storage_);
    table_ = std::exchange(other.table_, nullptr);
  }

  alignas(std::max_align_t) std::byte storage_[inline_bytes];
  const table* table_{nullptr};
};

}  // namespace wf
