#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "waveforge/base/result.hpp"
#include "waveforge/http/chars.hpp"

namespace wf::http {

/// One field line: name as sent, value without the white space around it.
struct field {
  std::string_view name;
  std::string_view value;
};

/// Where a field line lies, as distances from the first byte of the buffer: survives a buffer that moves.
struct field_slice {
  std::uint16_t name_at{0};
  std::uint16_t name_bytes{0};
  std::uint16_t value_at{0};
  std::uint16_t value_bytes{0};
};

/// The field lines of a head, a trailer section or a part, in the order sent. A view: it owns neither the text nor the
/// slices and is valid only while both stay where they are. Names are compared without regard to case.
class field_list {
 public:
  class iterator {
   public:
    using value_type = field;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    iterator() noexcept = default;
    iterator(const char* text, const field_slice* at) noexcept : text_{text}, at_{at} {}
    [[nodiscard]] field operator*() const noexcept {
      return {{text_ + at_->name_at, at_->name_bytes}, {text_ + at_->value_at, at_->value_bytes}};
    }
    iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    iterator operator++(int) noexcept {
      const iterator before = *this;
      ++at_;
      return before;
    }
    friend bool operator==(const iterator& left, const iterator& right) noexcept { return left.at_ == right.at_; }

   private:
    const char* text_{nullptr};
    const field_slice* at_{nullptr};
  };

  field_list() noexcept = default;
  field_list(const char* text, std::span<const field_slice> slices) noexcept : text_{text}, slices_{slices} {}

  [[nodiscard]] std::size_t size() const noexcept { return slices_.size(); }
  [[nodiscard]] bool empty() const noexcept { return slices_.empty(); }
  [[nodiscard]] iterator begin() const noexcept { return {text_, slices_.data()}; }
  [[nodiscard]] iterator end() const noexcept { return {text_, slices_.data() + slices_.size()}; }
  [[nodiscard]] field operator[](std::size_t index) const noexcept { return *iterator{text_, &slices_[index]}; }

  /// Value of the first field of this name. A field that is there with an empty value is an empty view, not nullopt.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

  /// Value of the only field of this name, or nullopt without one. Errors: bad_request when it is there more than once;
  /// the sentence names it. For fields that are not lists, where two values would be two opinions.
  [[nodiscard]] result<std::optional<std::string_view>> only(std::string_view name) const;

  [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name).has_value(); }
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;

  /// Calls `take(value)` for every field of this name, in order; `take` returns false to stop.
  template <typename Take>
  void find_all(std::string_view name, Take&& take) const {
    for (const auto [key, value] : *this) {
      if (equals_ignoring_case(key, name) && !take(value)) return;
    }
  }

  /// True when a comma-separated list field (all its lines together) has this member, compared without regard to case:
  /// `has_member("Connection", "close")`. Empty members are skipped (RFC 9110 5.6.1).
  [[nodiscard]] bool has_member(std::string_view name, std::string_view member) const noexcept;

 private:
  const char* text_{nullptr};
  std::span<const field_slice> slices_{};
};

}  // namespace wf::http
