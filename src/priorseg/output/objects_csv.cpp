#include "priorseg/output/objects_csv.h"

#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>
#include <string_view>
#include <system_error>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

using M = ObjectMeasurements;

constexpr std::array kColumns{
    ObjectColumn{"score", false, [](const M& m) { return m.score; }},
    ObjectColumn{"quality", false, [](const M& m) { return m.quality; }},
    ObjectColumn{"AreaShape_Area", true, [](const M& m) { return static_cast<double>(m.area); }},
    ObjectColumn{"AreaShape_Center_X", false, [](const M& m) { return m.centroid_x - 0.5; }},
    ObjectColumn{"AreaShape_Center_Y", false, [](const M& m) { return m.centroid_y - 0.5; }},
    ObjectColumn{"Location_Center_X", false, [](const M& m) { return m.centroid_x - 0.5; }},
    ObjectColumn{"Location_Center_Y", false, [](const M& m) { return m.centroid_y - 0.5; }},
    ObjectColumn{"AreaShape_BoundingBoxMinimum_X", true,
                 [](const M& m) { return static_cast<double>(m.x0); }},
    ObjectColumn{"AreaShape_BoundingBoxMinimum_Y", true,
                 [](const M& m) { return static_cast<double>(m.y0); }},
    ObjectColumn{"AreaShape_BoundingBoxMaximum_X", true,
                 [](const M& m) { return static_cast<double>(m.x1); }},
    ObjectColumn{"AreaShape_BoundingBoxMaximum_Y", true,
                 [](const M& m) { return static_cast<double>(m.y1); }},
    ObjectColumn{"AreaShape_MajorAxisLength", false, [](const M& m) { return m.major_axis_length; }},
    ObjectColumn{"AreaShape_MinorAxisLength", false, [](const M& m) { return m.minor_axis_length; }},
    ObjectColumn{"AreaShape_Orientation", false, [](const M& m) { return m.orientation; }},
    ObjectColumn{"AreaShape_Eccentricity", false, [](const M& m) { return m.eccentricity; }},
    ObjectColumn{"AreaShape_Perimeter", false, [](const M& m) { return m.perimeter; }},
    ObjectColumn{"Intensity_MeanIntensity", false, [](const M& m) { return m.mean_intensity; }},
    ObjectColumn{"Intensity_MinIntensity", false, [](const M& m) { return m.min_intensity; }},
    ObjectColumn{"Intensity_MaxIntensity", false, [](const M& m) { return m.max_intensity; }},
    ObjectColumn{"Intensity_IntegratedIntensity", false, [](const M& m) { return m.sum_intensity; }},
    ObjectColumn{"AreaShape_EquivalentDiameter", false,
                 [](const M& m) { return 2 * std::sqrt(static_cast<double>(m.area) / std::numbers::pi); }},
    ObjectColumn{"AreaShape_Area_um2", false, [](const M& m) { return m.area_um2; }},
    ObjectColumn{"AreaShape_MajorAxisLength_um", false, [](const M& m) { return m.major_axis_length_um; }},
    ObjectColumn{"AreaShape_MinorAxisLength_um", false, [](const M& m) { return m.minor_axis_length_um; }},
    ObjectColumn{"AreaShape_Perimeter_um", false, [](const M& m) { return m.perimeter_um; }},
    ObjectColumn{"AreaShape_EquivalentDiameter_um", false,
                 [](const M& m) { return 2 * std::sqrt(m.area_um2 / std::numbers::pi); }},
};

std::string header() {
  std::string line = "image,label";
  for (const ObjectColumn& column : kColumns) line += std::string(",") + column.name;
  return line + "\n";
}

[[noreturn]] void fail_to_write(const std::filesystem::path& path) {
  throw Error("cannot write " + path.string() + ": check the folder's permissions and free space");
}

/// One record of a table: its text with the line end, and its first two fields without quotes.
struct Record {
  std::string_view text;
  std::string first_field, second_field;
  size_t first_end = 0;  // in text, of the first field
  size_t num_fields = 1;
  bool complete = false;  // it has its line end
};

Record next_record(std::string_view table) {
  Record record;
  bool in_quotes = false;
  size_t i = 0;
  while (i < table.size() && !record.complete) {
    const char c = table[i++];
    if (c == '"') {
      const bool doubled = in_quotes && i < table.size() && table[i] == '"';
      if (!doubled) in_quotes = !in_quotes;
      if (doubled && record.num_fields == 1) record.first_field += '"';
      if (doubled) ++i;
    } else if (!in_quotes && c == '\n') {
      record.complete = true;
    } else if (!in_quotes && c == ',') {
      if (record.num_fields++ == 1) record.first_end = i - 1;
    } else if (record.num_fields == 1) {
      record.first_field += c;
    } else if (record.num_fields == 2) {
      record.second_field += c;
    }
  }
  record.text = table.substr(0, i);
  return record;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Gives every whole row of a table that has this table's header.
template <class Use>
void for_each_row(std::string_view table, const Use& use) {
  for (std::string_view rest = table.substr(header().size()); !rest.empty();) {
    const Record record = next_record(rest);
    rest.remove_prefix(record.text.size());
    if (record.complete && record.num_fields == kColumns.size() + 2) use(record);
  }
}

/// The whole rows of `images` in the table at `path`; a last row that is cut short is dropped.
std::string kept_rows(const std::filesystem::path& path, const std::set<std::string>& images) {
  if (images.empty() || !std::filesystem::exists(path)) return {};
  const std::string table = read_whole(path);
  if (table.empty()) return {};
  if (!table.starts_with(header()))
    throw Error("cannot continue " + path.string() + ": it has other columns; move it away or start anew");
  std::string rows;
  for_each_row(table, [&](const Record& record) {
    if (!images.contains(bytes_of_escaped(record.first_field))) return;
    // Names were written as they were by earlier versions.
    rows += is_utf8(record.first_field) ? std::string(record.text.substr(0, record.first_end))
                                        : csv_field(utf8_or_escaped(record.first_field));
    rows += record.text.substr(record.first_end);
  });
  return rows;
}

}  // namespace

std::span<const ObjectColumn> object_columns() { return kColumns; }

ObjectsCsv::ObjectsCsv(const std::filesystem::path& path, const std::set<std::string>& kept_images)
    : path_(path) {
  write_text_atomically(path, header() + kept_rows(path, kept_images));
}

void ObjectsCsv::add(const std::string& image, const std::vector<ObjectMeasurements>& objects) {
  const std::string name = csv_field(utf8_or_escaped(image));
  std::string rows;
  for (const ObjectMeasurements& object : objects) {
    rows += name + "," + std::to_string(object.label);
    for (const ObjectColumn& column : kColumns) {
      rows += ',' + plain_number(column.value(object));
    }
    rows += '\n';
  }
  const std::lock_guard lock(mutex_);
  std::error_code error;
  const auto size = std::filesystem::file_size(path_, error);
  if (error) fail_to_write(path_);
  last_size_ = size;
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  file.write(rows.data(), static_cast<std::streamsize>(rows.size()));
  file.close();
  if (!file) {
    std::filesystem::resize_file(path_, size, error);
    fail_to_write(path_);
  }
}

void ObjectsCsv::take_back() {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  std::filesystem::resize_file(path_, last_size_, error);
  if (error) fail_to_write(path_);
}

std::map<std::string, int64_t> count_rows_of_images(const std::filesystem::path& path) {
  const std::string table = read_whole(path);
  if (!table.starts_with(header())) return {};
  std::map<std::string, int64_t> rows;
  std::set<std::string> damaged;
  for_each_row(table, [&](const Record& record) {
    const std::string image = bytes_of_escaped(record.first_field);
    if (record.second_field != std::to_string(++rows[image])) damaged.insert(image);
  });
  for (const auto& image : damaged) rows.erase(image);
  return rows;
}

}  // namespace priorseg
