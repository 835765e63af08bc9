#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wf::ctl {

/// What the output may look like.
struct look {
  bool colour{false};
  bool glyphs{false};      ///< the terminal can show more than ASCII
  std::size_t columns{0};  ///< width of the terminal; 0: lines may be as long as they are
};

enum class paint : std::uint8_t { none, bold, dim, green, yellow, red };
/// `text` in that colour, if the look has colours.
[[nodiscard]] std::string painted(std::string_view text, paint how, const look& with);

enum class align : std::uint8_t { left, right };

struct column {
  std::string title{};
  align side{align::left};
};

struct cell {
  std::string text{};
  paint how{paint::none};
  cell(std::string words, paint colour = paint::none) : text{std::move(words)}, how{colour} {}  // NOLINT
};

/// Lines under titles, columns two spaces apart and as wide as their longest cell. Cells are made printable(). The last
/// column is cut to fit the terminal; the others never are: an id that is cut is of no use.
class table {
 public:
  explicit table(std::vector<column> columns) : columns_{std::move(columns)} {}
  /// As many cells as there are columns.
  void add(std::vector<cell> row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Every line ends with a newline and has no blanks before it.
  [[nodiscard]] std::string text(const look& with) const;

 private:
  void append_row(std::string& out, const std::vector<cell>& row, const std::vector<std::size_t>& widths,
                  const look& with) const;
  std::vector<column> columns_;
  std::vector<std::vector<cell>> rows_;
};

/// "name      value" lines with the values under each other.
class sheet {
 public:
  void add(std::string name, std::string value, paint how = paint::none);
  [[nodiscard]] std::string text(const look& with) const;

 private:
  struct line {
    std::string name;
    std::string value;
    paint how;
  };
  std::vector<line> lines_;
};

}  // namespace wf::ctl
