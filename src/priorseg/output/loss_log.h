#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace priorseg {

/// The content of a losses.csv.
struct LossTable {
  std::vector<std::string> names;  ///< names of the values, without "step"
  std::vector<int64_t> steps;      ///< as they stand in the file
  std::vector<std::vector<double>>
      values;  ///< one vector a name, as long as `steps`; NaN where a cell is empty
  int64_t unreadable_lines =
      0;  ///< lines that are no rows, left out; a half-written last line is not counted
};

/// Reads a file of LossLog. A last line without its line break was cut short while it was written and is left
/// out.
/// @throws Error where the file cannot be read or does not begin with a header line "step,...".
LossTable read_loss_log(const std::filesystem::path& path);

/// Writes losses.csv while a model trains: a header "step,<name>,...", then one row a step, flushed at once,
/// so that the file can be read at any time and survives a crash.
class LossLog {
 public:
  /// Goes on with the file at `path`: rows of steps >= `first_step` are removed (they will be computed
  /// again), as are lines that cannot be read. With `first_step` 0, or where there is no file, an empty log
  /// is begun.
  ///
  /// @param first_step  the first step that will be appended, >= 0.
  /// @throws Error where the file cannot be read or written, or is no losses.csv although `first_step` > 0.
  LossLog(std::filesystem::path path, int64_t first_step);

  /// Appends one row. A name not seen before makes a new column (empty in earlier rows); a name left out
  /// leaves its cell empty; a name given twice counts as it was given last.
  ///
  /// @param step  greater than every earlier step.
  /// @throws Error on a step that does not go forward, a name with a comma, quote or line break, or a full
  /// disk.
  void append(int64_t step, const std::vector<std::pair<std::string, double>>& values);

 private:
  void rewrite(const LossTable& table);
  void add_columns(const std::vector<std::string>& names);

  std::filesystem::path path_;
  std::vector<std::string> names_;
  int64_t next_step_;
  std::ofstream file_;
};

}  // namespace priorseg
