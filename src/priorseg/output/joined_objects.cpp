#include "priorseg/output/joined_objects.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <string_view>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/objects_csv.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr size_t kColumnsOfChannel = 4;  // of ObjectsCsv

size_t num_common_columns() { return 2 + object_columns().size(); }

/// The fields of columns [first, last), joined by commas, with one before the first.
std::string joined_fields(const std::vector<std::string>& fields, size_t first, size_t last) {
  std::string text;
  for (size_t i = first; i < last; ++i) text += "," + csv_field(fields[i]);
  return text;
}

/// The rows of one image.
struct RowsOfImage {
  std::string common;                 // lines without their ends and without channels, each behind a line end
  std::vector<std::string> channels;  // titles of the columns of the channels that it has, one text a channel
  std::vector<std::map<std::string, std::string>> values;  // by row: of each channel, by title
};

/// One table, image by image.
std::map<std::string, RowsOfImage> rows_of_table(const fs::path& path) {
  std::map<std::string, RowsOfImage> images;
  std::vector<std::string> titles;
  const auto first = num_common_columns();
  for_each_line_of_objects(path, [&](const std::vector<std::string>& fields, bool is_header) {
    if (is_header) {
      for (size_t i = first; i + kColumnsOfChannel <= fields.size(); i += kColumnsOfChannel)
        titles.push_back(joined_fields(fields, i, i + kColumnsOfChannel));
      return;
    }
    RowsOfImage& image = images[bytes_of_escaped(fields[0])];
    const bool is_first_row = image.common.empty();
    image.common += csv_field(fields[0]) + joined_fields(fields, 1, first) + "\n";
    if (titles.empty()) return;
    std::map<std::string, std::string> values;
    for (size_t c = 0; c < titles.size(); ++c) {
      const size_t column = first + c * kColumnsOfChannel;
      const bool is_there =
          std::any_of(fields.begin() + static_cast<std::ptrdiff_t>(column),
                      fields.begin() + static_cast<std::ptrdiff_t>(column + kColumnsOfChannel),
                      [](const std::string& field) { return !field.empty(); });
      if (!is_there) continue;
      values[titles[c]] = joined_fields(fields, column, column + kColumnsOfChannel);
      if (is_first_row) image.channels.push_back(titles[c]);
    }
    image.values.push_back(std::move(values));
  });
  return images;
}

std::string header_line(const std::vector<std::string>& titles) {
  std::string line = "image,label";
  for (const auto& column : object_columns()) line += std::string(",") + column.name;
  for (const auto& title : titles) line += title;
  return line + "\n";
}

void write_rows(std::ofstream& file, const RowsOfImage& image, const std::vector<std::string>& titles) {
  if (titles.empty()) {
    file << image.common;
    return;
  }
  const std::string empty(kColumnsOfChannel, ',');
  std::string_view rest = image.common;
  for (size_t row = 0; !rest.empty(); ++row) {
    const auto end = rest.find('\n');
    file << rest.substr(0, end);
    for (const auto& title : titles) {
      const bool is_known = row < image.values.size() && image.values[row].contains(title);
      file << (is_known ? image.values[row].at(title) : empty);
    }
    file << '\n';
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

void join_objects_csv(const fs::path& path, const std::vector<fs::path>& tables,
                      const std::vector<std::pair<std::string, size_t>>& images) {
  std::vector<std::map<std::string, RowsOfImage>> rows;
  for (const auto& table : tables) rows.push_back(rows_of_table(table));
  std::vector<std::string> titles;
  for (const auto& [stem, table] : images) {
    for (const auto& title : rows[table][stem].channels)
      if (std::find(titles.begin(), titles.end(), title) == titles.end()) titles.push_back(title);
  }
  write_atomically(path, [&](const auto& temporary) {
    std::ofstream file(temporary, std::ios::binary);
    file << header_line(titles);
    for (const auto& [stem, table] : images) write_rows(file, rows[table][stem], titles);
    file.close();
    if (!file)
      throw Error("cannot write " + path.string() + ": check the folder's permissions and free space");
  });
}

}  // namespace priorseg
