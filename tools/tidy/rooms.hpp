#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace wf::tidy {

/// A room of the house and what it may know: the drawing of docs/architecture.md as a table.
struct room {
  std::string_view name;
  bool pure;                                ///< no file descriptor, no Asio, no clock
  std::span<const std::string_view> knows;  ///< rooms it may include and must link
};

[[nodiscard]] std::span<const room> rooms();
[[nodiscard]] const room* find_room(std::string_view name);

/// The room a file of `src/<room>/` or `include/waveforge/<room>/` belongs to, else nullptr.
[[nodiscard]] const room* room_of(std::string_view path);

/// The room named by an include of the form `waveforge/<room>/…`; empty when it is not of that form.
[[nodiscard]] std::string_view included_room(std::string_view target);

/// Outside headers that only some rooms may include, by the beginning of their path.
struct outside_rule {
  std::string_view prefix;
  std::span<const std::string_view> allowed;  ///< rooms
  std::string_view why;
};
[[nodiscard]] std::span<const outside_rule> outside_rules();

}  // namespace wf::tidy
