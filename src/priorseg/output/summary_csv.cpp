#include "priorseg/output/summary_csv.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/objects_csv.h"

namespace priorseg {
namespace {

/// Welford's running moments: no digits are lost where values are large and alike.
struct SummaryMoments {
  int64_t count = 0;
  double mean = 0, squares = 0;

  void add(double value) {
    const double before = value - mean;
    mean += before / static_cast<double>(++count);
    squares += before * (value - mean);
  }
  std::string fields() const {
    const double unknown = std::numeric_limits<double>::quiet_NaN();
    return "," + plain_number(count > 0 ? mean : unknown) + "," +
           plain_number(count > 1 ? std::sqrt(squares / static_cast<double>(count - 1)) : unknown);
  }
};

/// Level, plate, well, image: in this order rows stand in the table.
using SummaryKey = std::array<std::string, 4>;

struct SummaryGroup {
  PlatePlace place;
  int64_t images = 0, objects = 0;
  std::vector<SummaryMoments> columns;
};

/// Columns that say where an object lies.
bool is_measured_column(std::string_view name) {
  for (const char* part : {"Center_", "BoundingBoxM", "Orientation", "Metadata_"})
    if (name.find(part) != std::string_view::npos) return false;
  return name != "image" && name != "label";
}

class Summary {
 public:
  Summary(const std::map<std::string, int64_t>& images, const PlatePattern& pattern) {
    for (const auto& [image, objects] : images) {
      const auto place = pattern.place_of(image);
      for (const auto& key : keys_of(image, place)) {
        SummaryGroup& group = groups_[key];
        ++group.images;
        group.objects += objects;
        if (place) group.place = *place;
      }
      places_[image] = place;
    }
  }

  /// @param values  of one object, by column; nothing where they are unknown.
  void add(const std::string& image, const std::vector<std::optional<double>>& values) {
    const auto place = places_.find(image);
    if (place == places_.end()) return;
    for (const auto& key : keys_of(image, place->second)) {
      auto& columns = groups_[key].columns;
      columns.resize(values.size());
      for (size_t i = 0; i < values.size(); ++i)
        if (values[i]) columns[i].add(*values[i]);
    }
  }

  std::string rows(size_t num_columns) {
    std::string text;
    for (auto& [key, group] : groups_) {
      const auto& [order, plate, well, image] = key;
      const bool is_image = !image.empty(), has_well = is_image || !well.empty();
      text += order.substr(1);
      for (const std::string& field :
           {has_well || !plate.empty() ? group.place.plate : "", has_well ? group.place.well : "",
            is_image ? group.place.site : "", is_image ? group.place.channel : "", image})
        text += "," + csv_field(utf8_or_escaped(field));
      text += "," + std::to_string(group.images) + "," + std::to_string(group.objects);
      group.columns.resize(num_columns);
      for (const auto& column : group.columns) text += column.fields();
      text += "\n";
    }
    return text;
  }

 private:
  /// The digit puts levels in their order.
  static std::vector<SummaryKey> keys_of(const std::string& image, const std::optional<PlatePlace>& place) {
    std::vector<SummaryKey> keys = {{"0all", "", "", ""}, {"3image", "", "", image}};
    if (place && !place->well.empty()) keys.push_back({"2well", place->plate, place->well, ""});
    if (place && !place->plate.empty()) keys.push_back({"1plate", place->plate, "", ""});
    return keys;
  }

  std::map<SummaryKey, SummaryGroup> groups_;
  std::map<std::string, std::optional<PlatePlace>> places_;
};

std::optional<double> number_in(const std::string& field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  return error == std::errc() && end == field.data() + field.size() && !field.empty() ? std::optional(value)
                                                                                      : std::nullopt;
}

}  // namespace

void write_summary_csv(const std::filesystem::path& path, const std::filesystem::path& objects,
                       const std::map<std::string, int64_t>& images, const PlatePattern& pattern) {
  Summary summary(images, pattern);
  std::vector<size_t> measured;
  std::string header =
      "level,Metadata_Plate,Metadata_Well,Metadata_Site,Metadata_Channel,image,Count_Images,Count_Objects";
  for_each_line_of_objects(objects, [&](const std::vector<std::string>& fields, bool is_header) {
    if (is_header) {
      for (size_t i = 0; i < fields.size(); ++i) {
        if (!is_measured_column(fields[i])) continue;
        measured.push_back(i);
        header += "," + csv_field("Mean_" + fields[i]) + "," + csv_field("StDev_" + fields[i]);
      }
      return;
    }
    std::vector<std::optional<double>> values;
    for (const size_t column : measured) values.push_back(number_in(fields[column]));
    summary.add(bytes_of_escaped(fields.front()), values);
  });
  write_text_atomically(path, header + "\n" + summary.rows(measured.size()));
}

}  // namespace priorseg
