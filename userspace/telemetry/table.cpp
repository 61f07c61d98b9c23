// SPDX-License-Identifier: MIT
#include "telemetry/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace quicrx {
namespace {

// So that the usual tables of one page stand exactly below each other.
constexpr std::size_t kLabelWidth = 30;
constexpr std::size_t kCellWidth = 12;
constexpr std::size_t kGap = 2;

std::string indented(int indent, std::string_view text) {
  return std::string(static_cast<std::size_t>(indent) * 2, ' ').append(text);
}

std::size_t divide_up(std::size_t value, std::size_t by) {
  return (value + by - 1) / by;
}

}  // namespace

void Table::section(int indent, std::string_view title) {
  title_ = Row{indented(indent, title), {}};
}

void Table::texts(int indent, std::string_view label, std::vector<std::string> cells) {
  if (title_) rows_.push_back(*std::exchange(title_, std::nullopt));
  cells.resize(width());
  rows_.push_back({indented(indent, label), std::move(cells)});
}

void Table::numbers(int indent, std::string_view label, const std::vector<Number>& cells, Zeros zeros) {
  std::vector<std::string> shown;
  Number sum;
  for (const Number& cell : cells) {
    shown.push_back(cell ? std::to_string(*cell) : "-");
    if (cell) sum = sum.value_or(0) + *cell;
  }
  const bool all_zero = std::ranges::all_of(cells, [](const Number& cell) { return cell.value_or(0) == 0; });
  if (!sum || (all_zero && zeros == Zeros::leave_out)) return;
  if (sums_) shown.push_back(std::to_string(*sum));
  texts(indent, label, std::move(shown));
}

std::size_t Table::label_width() const {
  std::size_t width = kLabelWidth;
  for (const Row& row : rows_)
    if (!row.cells.empty()) width = std::max(width, row.label.size());
  return width;
}

std::size_t Table::cell_width() const {
  std::size_t width = kCellWidth;
  for (const Row& row : rows_)
    for (const std::string& cell : row.cells) width = std::max(width, cell.size() + kGap);
  return width;
}

std::string Table::render(std::size_t page_width) const {
  const std::size_t label = label_width(), cell = cell_width();
  const std::size_t fit = page_width > label + cell ? (page_width - label) / cell : 1;
  const std::size_t blocks = divide_up(width(), fit);
  const std::size_t step = blocks == 0 ? 1 : divide_up(width(), blocks);  // no block of one column at the end
  std::string text;
  for (std::size_t first = 0; first < width(); first += step) {
    if (first != 0) text += '\n';
    for (const Row& row : rows_) {
      std::string line = fmt::format("{:<{}}", row.label, label);
      for (std::size_t i = first; i < std::min(first + step, row.cells.size()); ++i)
        fmt::format_to(std::back_inserter(line), "{:>{}}", row.cells[i], cell);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + '\n';
    }
  }
  return text;
}

}  // namespace quicrx
