#include "priorseg/output/objects_csv.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <numbers>
#include <optional>
#include <string_view>
#include <system_error>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

using M = ObjectMeasurements;

double box_area(const M& m) { return static_cast<double>((m.x1 - m.x0) * (m.y1 - m.y0)); }

double solidity(const M& m) { return static_cast<double>(m.area) / static_cast<double>(m.convex_area); }

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
    ObjectColumn{"AreaShape_BoundingBoxArea", true, [](const M& m) { return box_area(m); }},
    ObjectColumn{"AreaShape_Extent", false,
                 [](const M& m) { return static_cast<double>(m.area) / box_area(m); }},
    ObjectColumn{"AreaShape_FormFactor", false,
                 [](const M& m) {
                   return 4 * std::numbers::pi * static_cast<double>(m.area) / (m.perimeter * m.perimeter);
                 }},
    ObjectColumn{"AreaShape_ConvexArea", true, [](const M& m) { return static_cast<double>(m.convex_area); }},
    ObjectColumn{"AreaShape_Solidity", false, [](const M& m) { return solidity(m); }},
    ObjectColumn{"AreaShape_MinFeretDiameter", false, [](const M& m) { return m.feret.min; }},
    ObjectColumn{"AreaShape_MaxFeretDiameter", false, [](const M& m) { return m.feret.max; }},
    ObjectColumn{"AreaShape_MinFeretDiameter_um", false, [](const M& m) { return m.feret_um.min; }},
    ObjectColumn{"AreaShape_MaxFeretDiameter_um", false, [](const M& m) { return m.feret_um.max; }},
    ObjectColumn{"Metadata_T", true, [](const M& m) { return static_cast<double>(m.frame); }},
    ObjectColumn{"Metadata_Z", true, [](const M& m) { return static_cast<double>(m.slice); }},
};

/// A column for each channel.
struct ChannelColumn {
  const char* name;  // before that of the channel
  double Intensities::*value;
};

constexpr std::array kChannelColumns{ChannelColumn{"Intensity_MeanIntensity_", &Intensities::mean},
                                     ChannelColumn{"Intensity_MinIntensity_", &Intensities::min},
                                     ChannelColumn{"Intensity_MaxIntensity_", &Intensities::max},
                                     ChannelColumn{"Intensity_IntegratedIntensity_", &Intensities::sum}};

/// Of a table of any channels.
const std::string& start_of_header() {
  static const std::string start = [] {
    std::string line = "image,label";
    for (const ObjectColumn& column : kColumns) line += std::string(",") + column.name;
    return line;
  }();
  return start;
}

std::string header_of_objects(const std::vector<std::string>& channels) {
  std::string line = start_of_header();
  for (const auto& channel : channels)
    for (const auto& column : kChannelColumns)
      line += "," + csv_field(column.name + utf8_or_escaped(channel));
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

/// The fields of one line, without their quotes.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields(1);
  bool in_quotes = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && in_quotes && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[i++];
    else if (c == '"')
      in_quotes = !in_quotes;
    else if (c == ',' && !in_quotes)
      fields.emplace_back();
    else if (c != '\n' || in_quotes)
      fields.back() += c;
  }
  return fields;
}

/// The channels that a table has columns for. Nothing where its columns are others than this program's.
std::optional<std::vector<std::string>> channels_of_table(std::string_view table) {
  if (!table.starts_with(start_of_header())) return std::nullopt;
  const auto line = next_record(table).text;
  const auto fields = fields_of(line.substr(start_of_header().size()));
  constexpr std::string_view kFirst = kChannelColumns.front().name;
  std::vector<std::string> channels;
  for (size_t i = 1; i < fields.size(); i += kChannelColumns.size())
    if (fields[i].starts_with(kFirst)) channels.push_back(bytes_of_escaped(fields[i].substr(kFirst.size())));
  return header_of_objects(channels) == line ? std::optional(channels) : std::nullopt;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Gives every whole row of a table that has columns for `channels`.
template <class Use>
void for_each_row(std::string_view table, const std::vector<std::string>& channels, const Use& use) {
  const size_t num_fields = 2 + kColumns.size() + channels.size() * kChannelColumns.size();
  for (std::string_view rest = table.substr(header_of_objects(channels).size()); !rest.empty();) {
    const Record record = next_record(rest);
    rest.remove_prefix(record.text.size());
    if (record.complete && record.num_fields == num_fields) use(record);
  }
}

/// The whole rows of `images` in a table that has columns for `channels`; a last row that is cut short is
/// dropped.
std::string kept_rows(std::string_view table, const std::vector<std::string>& channels,
                      const std::set<std::string>& images) {
  std::string rows;
  for_each_row(table, channels, [&](const Record& record) {
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
  std::string rows;
  if (!kept_images.empty() && std::filesystem::exists(path)) {
    const std::string table = read_whole(path);
    const auto channels = channels_of_table(table);
    if (!channels && !table.empty())
      throw Error("cannot continue " + path.string() + ": it has other columns; move it away or start anew");
    if (channels) rows = kept_rows(table, *channels, kept_images);
    if (!rows.empty()) channels_ = *channels;
  }
  write_text_atomically(path, header_of_objects(channels_) + rows);
}

/// The rows that are there get empty fields.
void ObjectsCsv::add_columns(const std::vector<std::string>& channels) {
  const std::string table = read_whole(path_);
  auto wider = channels_;
  wider.insert(wider.end(), channels.begin(), channels.end());
  std::string text = header_of_objects(wider);
  const std::string fields(channels.size() * kChannelColumns.size(), ',');
  for_each_row(table, channels_, [&](const Record& record) {
    text += record.text.substr(0, record.text.size() - 1);
    text += fields + "\n";
  });
  write_text_atomically(path_, text);
  channels_ = wider;
}

std::string ObjectsCsv::channel_fields(const ObjectMeasurements& object,
                                       const std::vector<std::string>& channels) const {
  std::string fields;
  for (const auto& name : channels_) {
    const auto place = std::find(channels.begin(), channels.end(), name);
    const auto index = static_cast<size_t>(place - channels.begin());
    const bool is_there = place != channels.end() && index < object.channels.size();
    for (const auto& column : kChannelColumns)
      fields += "," + (is_there ? plain_number(object.channels[index].*column.value) : "");
  }
  return fields;
}

void ObjectsCsv::add(const std::string& image, const std::vector<ObjectMeasurements>& objects,
                     const std::vector<std::string>& channels) {
  const std::string name = csv_field(utf8_or_escaped(image));
  const std::lock_guard lock(mutex_);
  std::vector<std::string> further;
  std::copy_if(channels.begin(), channels.end(), std::back_inserter(further),
               [&](const std::string& channel) {
                 return std::find(channels_.begin(), channels_.end(), channel) == channels_.end();
               });
  if (!further.empty() && !objects.empty()) add_columns(further);
  std::string rows;
  for (const ObjectMeasurements& object : objects) {
    rows += name + "," + std::to_string(object.label);
    for (const ObjectColumn& column : kColumns) rows += ',' + plain_number(column.value(object));
    rows += channel_fields(object, channels) + '\n';
  }
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

void for_each_line_of_objects(const std::filesystem::path& path,
                              const std::function<void(const std::vector<std::string>&, bool)>& use) {
  const std::string table = read_whole(path);
  const auto channels = channels_of_table(table);
  if (!channels) return;
  use(fields_of(next_record(table).text), true);
  for_each_row(table, *channels, [&](const Record& record) { use(fields_of(record.text), false); });
}

std::map<std::string, int64_t> count_rows_of_images(const std::filesystem::path& path) {
  const std::string table = read_whole(path);
  const auto channels = channels_of_table(table);
  if (!channels) return {};
  std::map<std::string, int64_t> rows;
  std::set<std::string> damaged;
  for_each_row(table, *channels, [&](const Record& record) {
    const std::string image = bytes_of_escaped(record.first_field);
    if (record.second_field != std::to_string(++rows[image])) damaged.insert(image);
  });
  for (const auto& image : damaged) rows.erase(image);
  return rows;
}

}  // namespace priorseg
