#include "priorseg/studio/csv_rows.h"

#include <charconv>
#include <fstream>
#include <limits>

namespace priorseg {
namespace {

/// Takes one row off the stream. Quoted fields may hold line ends.
bool read_fields(std::istream& file, std::vector<std::string>& fields) {
  fields.assign(1, "");
  bool quoted = false, any = false;
  for (char c = 0; file.get(c);) {
    any = true;
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (file.peek() == '"') {
        fields.back() += static_cast<char>(file.get());
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      return true;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return any;
}

}  // namespace

std::vector<CsvRow> read_csv_rows(const std::filesystem::path& path,
                                  const std::function<bool(const std::string&)>& wants) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> names, fields;
  std::vector<CsvRow> rows;
  if (!file || !read_fields(file, names)) return rows;
  while (read_fields(file, fields)) {
    if (fields.size() != names.size() || !wants(fields.front())) continue;
    CsvRow row;
    for (size_t i = 0; i < names.size(); ++i) row[names[i]] = fields[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

double number_in(const CsvRow& row, const std::string& column) {
  double value = std::numeric_limits<double>::quiet_NaN();
  const auto field = row.find(column);
  if (field == row.end()) return value;
  const auto& text = field->second;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace priorseg
