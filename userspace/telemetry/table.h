// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quicrx {

/// Rows of figures behind their labels, columns side by side. What is wider than a page is cut into blocks of
/// columns, each with all rows.
class Table {
 public:
  using Number = std::optional<std::uint64_t>;  ///< nothing: not known, shown as "-"
  enum class Zeros { leave_out, keep };

  /// With `sums` numbers are also added up, in a column of their own behind the others.
  explicit Table(std::size_t columns, bool sums = false) : columns_(columns), sums_(sums) {}

  /// A title over the rows that follow, up to the next. Left out where they all are.
  void section(int indent, std::string_view title);
  /// Cells as they are: a column each, and perhaps one for the column of sums.
  void texts(int indent, std::string_view label, std::vector<std::string> cells);
  /// A cell a column. Left out where nothing is known, or (with Zeros::leave_out) all that is known is zero.
  void numbers(int indent, std::string_view label, const std::vector<Number>& cells,
               Zeros zeros = Zeros::leave_out);

  [[nodiscard]] std::string render(std::size_t page_width) const;

 private:
  struct Row {
    std::string label;               ///< indented
    std::vector<std::string> cells;  ///< none: a title
  };

  [[nodiscard]] std::size_t width() const { return columns_ + (sums_ ? 1 : 0); }
  [[nodiscard]] std::size_t label_width() const;
  [[nodiscard]] std::size_t cell_width() const;

  std::size_t columns_;
  bool sums_;
  std::vector<Row> rows_;
  std::optional<Row> title_;  ///< of the section under way, as long as it has no rows
};

}  // namespace quicrx
