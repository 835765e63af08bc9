#pragma once

#include <utility>

#include "waveforge/io/kernel.hpp"

namespace wf::io {

/// Owns a file descriptor of some kernel, closes it when it goes. Closing a descriptor does not end operations on it:
/// whoever owns one cancels and waits for them first.
class descriptor {
 public:
  descriptor() noexcept = default;
  descriptor(kernel& world, int fd) noexcept : world_(&world), fd_(fd) {}
  descriptor(descriptor&& other) noexcept : world_(other.world_), fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      world_ = other.world_;
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { reset(); }

  [[nodiscard]] int number() const noexcept { return fd_; }
  [[nodiscard]] kernel& world() const noexcept { return *world_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept {
    if (fd_ >= 0) world_->close(std::exchange(fd_, -1));
  }

 private:
  kernel* world_{nullptr};
  int fd_{-1};
};

}  // namespace wf::io
