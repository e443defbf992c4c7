#include "priorseg/output/loss_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <string_view>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"

namespace priorseg {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0;;) {
    const size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The shortest text that reads back as the same number; independent of the locale.
std::string cell_text(double value) {
  std::array<char, 40> buffer;
  return {buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr};
}

/// The complete lines of a text: what follows the last line break was not written to its end.
std::vector<std::string_view> complete_lines(std::string_view text) {
  std::vector<std::string_view> lines = split(text, '\n');
  lines.pop_back();
  for (auto& line : lines) {
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  return lines;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    throw Error("cannot read " + path.string() + ": check that it is there and may be read");
  }
  return text;
}

bool add_row(std::string_view line, LossTable& table) {
  const auto cells = split(line, ',');
  if (cells.size() != table.names.size() + 1) return false;
  const auto step = parse<int64_t>(cells[0]);
  if (!step) return false;
  std::vector<double> row;
  for (size_t i = 1; i < cells.size(); ++i) {
    const auto value = cells[i].empty() ? std::optional(kNoValue) : parse<double>(cells[i]);
    if (!value) return false;
    row.push_back(*value);
  }
  table.steps.push_back(*step);
  for (size_t i = 0; i < row.size(); ++i) table.values[i].push_back(row[i]);
  return true;
}

std::string header(const std::vector<std::string>& names) {
  std::string line = "step";
  for (const auto& name : names) line += "," + name;
  return line + "\n";
}

void check_name(const std::string& name) {
  if (!name.empty() && name.find_first_of(",\"\r\n") == std::string::npos) return;
  throw Error("loss name '" + name +
              "' cannot be a CSV column: expected a name without comma, quote and line break");
}

}  // namespace

LossTable read_loss_log(const std::filesystem::path& path) {
  const std::string text = read_text(path);
  auto lines = complete_lines(text);
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // spreadsheet programs put it first
  if (!lines.empty() && lines[0].starts_with(kByteOrderMark)) lines[0].remove_prefix(kByteOrderMark.size());
  const auto names = lines.empty() ? std::vector<std::string_view>{""} : split(lines[0], ',');
  if (names[0] != "step") {
    throw Error(path.string() +
                " is no table of losses: its first line is expected to begin with 'step'; remove or " +
                "rename the file");
  }
  LossTable table;
  table.names.assign(names.begin() + 1, names.end());
  table.values.resize(table.names.size());
  for (size_t i = 1; i < lines.size(); ++i) {
    if (!add_row(lines[i], table)) ++table.unreadable_lines;
  }
  return table;
}

LossLog::LossLog(std::filesystem::path path, int64_t first_step)
    : path_(std::move(path)), next_step_(first_step) {
  if (first_step < 0)
    throw Error("first step of a loss log is " + std::to_string(first_step) + ", expected >= 0");
  LossTable kept;
  std::error_code error;
  // A file without one complete line holds nothing: the program ended before the header was written.
  if (first_step > 0 && std::filesystem::exists(path_, error) &&
      read_text(path_).find('\n') != std::string::npos) {
    const LossTable before = read_loss_log(path_);
    kept.names = before.names;
    kept.values.resize(kept.names.size());
    for (size_t row = 0; row < before.steps.size(); ++row) {
      if (before.steps[row] >= first_step) continue;
      kept.steps.push_back(before.steps[row]);
      for (size_t i = 0; i < kept.names.size(); ++i) kept.values[i].push_back(before.values[i][row]);
    }
  }
  rewrite(kept);
}

void LossLog::rewrite(const LossTable& table) {
  std::string text = header(table.names);
  for (size_t row = 0; row < table.steps.size(); ++row) {
    text += std::to_string(table.steps[row]);
    for (const auto& column : table.values)
      text += "," + (std::isnan(column[row]) ? "" : cell_text(column[row]));
    text += "\n";
  }
  file_.close();
  write_text_atomically(path_, text);
  file_.open(path_, std::ios::binary | std::ios::app);
  if (!file_) throw Error("cannot append to " + path_.string() + ": check the file's permissions");
  names_ = table.names;
}

void LossLog::add_columns(const std::vector<std::string>& names) {
  LossTable table = read_loss_log(path_);
  for (const auto& name : names) {
    table.names.push_back(name);
    table.values.emplace_back(table.steps.size(), kNoValue);
  }
  rewrite(table);
}

void LossLog::append(int64_t step, const std::vector<std::pair<std::string, double>>& values) {
  if (step < next_step_) {
    throw Error("step " + std::to_string(step) + " cannot be appended to " + path_.string() +
                ", expected step " + std::to_string(next_step_) + " or a later one");
  }
  std::vector<std::string> new_names;
  for (const auto& [name, value] : values) {
    check_name(name);
    const auto in = [&name = name](const auto& list) {
      return std::find(list.begin(), list.end(), name) != list.end();
    };
    if (!in(names_) && !in(new_names)) new_names.push_back(name);
  }
  if (!new_names.empty()) add_columns(new_names);

  std::vector<std::string> cells(names_.size());
  for (const auto& [name, value] : values) {
    const auto column = std::find(names_.begin(), names_.end(), name) - names_.begin();
    cells[static_cast<size_t>(column)] = cell_text(value);
  }
  std::string line = std::to_string(step);
  for (const auto& cell : cells) line += "," + cell;
  file_ << line << "\n" << std::flush;
  if (!file_) throw Error("cannot append to " + path_.string() + ": check the free space of the disk");
  next_step_ = step + 1;
}

}  // namespace priorseg
