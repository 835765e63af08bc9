#include "wfctl/table.hpp"

#include <algorithm>

#include "waveforge/base/check.hpp"
#include "wfctl/text.hpp"

namespace wf::ctl {

namespace {

constexpr std::size_t gap = 2;

std::string_view code_of(paint how) noexcept {
  switch (how) {
    case paint::none: return "";
    case paint::bold: return "\033[1m";
    case paint::dim: return "\033[2m";
    case paint::green: return "\033[32m";
    case paint::yellow: return "\033[33m";
    case paint::red: return "\033[31m";
  }
  return "";
}

}  // namespace

std::string painted(std::string_view text, paint how, const look& with) {
  if (!with.colour || how == paint::none || text.empty()) return std::string{text};
  return std::string{code_of(how)} + std::string{text} + "\033[0m";
}

void table::add(std::vector<cell> row) {
  WF_CHECK(row.size() == columns_.size());
  for (cell& one : row) one.text = printable(one.text);
  rows_.push_back(std::move(row));
}

void table::append_row(std::string& out, const std::vector<cell>& row, const std::vector<std::size_t>& widths,
                       const look& with) const {
  std::size_t blanks = 0;  // written before the next cell that has something, so that no line ends with them
  std::size_t used = 0;
  for (std::size_t at = 0; at < row.size(); ++at) {
    std::string text = row[at].text;
    const bool last = at + 1 == row.size();
    if (last && with.columns > used + blanks) text = shortened(text, with.columns - used - blanks);
    const std::size_t wide = columns_of(text);
    const std::size_t pad = widths[at] > wide ? widths[at] - wide : 0;
    if (columns_[at].side == align::right) blanks += pad;
    if (wide != 0) {
      out.append(blanks, ' ').append(painted(text, row[at].how, with));
      used += blanks + wide;
      blanks = 0;
    }
    if (columns_[at].side == align::left) blanks += pad;
    blanks += gap;
  }
  out += '\n';
}

std::string table::text(const look& with) const {
  std::vector<std::size_t> widths;
  std::vector<cell> titles;
  for (const column& one : columns_) {
    widths.push_back(columns_of(one.title));
    titles.emplace_back(one.title, paint::bold);
  }
  for (const auto& row : rows_) {
    for (std::size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], columns_of(row[at].text));
  }
  std::string out;
  append_row(out, titles, widths, with);
  for (const auto& row : rows_) append_row(out, row, widths, with);
  return out;
}

void sheet::add(std::string name, std::string value, paint how) {
  lines_.push_back({std::move(name), printable(value), how});
}

std::string sheet::text(const look& with) const {
  std::size_t widest = 0;
  for (const line& one : lines_) widest = std::max(widest, one.name.size());
  std::string out;
  for (const line& one : lines_) {
    out += painted(one.name, paint::dim, with);
    out.append(widest - one.name.size() + gap, ' ');
    out += painted(one.value, one.how, with);
    out += '\n';
  }
  return out;
}

}  // namespace wf::ctl
