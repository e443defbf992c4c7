#include <algorithm>
#include <cmath>

#include "priorseg/output/markup.h"
#include "priorseg/output/report.h"

namespace priorseg {
namespace {

constexpr double kNearLimit = 0.05;    // within so much of a limit of the size range, relative
constexpr double kManyObjects = 0.1;   // share of all objects
constexpr size_t kEnoughObjects = 20;  // fewer objects say nothing about a share

std::string percent(size_t part, size_t whole) {
  return fixed_number(100.0 * static_cast<double>(part) / static_cast<double>(whole), 0) + " %";
}

void add_size_warnings(const Report& report, std::vector<std::string>& warnings) {
  std::vector<double> diameters = report.object_diameters;
  std::erase_if(diameters, [](double diameter) { return !std::isfinite(diameter); });
  if (diameters.size() < kEnoughObjects) return;
  const auto share = [&](auto&& chosen) {
    const auto count = static_cast<size_t>(std::count_if(diameters.begin(), diameters.end(), chosen));
    return static_cast<double>(count) >= kManyObjects * static_cast<double>(diameters.size()) ? count : 0;
  };
  const double largest = report.largest_diameter, smallest = report.smallest_diameter;
  if (largest > 0) {
    if (const size_t count = share([&](double d) { return d >= largest * (1 - kNearLimit); })) {
      warnings.push_back(percent(count, diameters.size()) + " of the objects pile up at the largest size (" +
                         short_number(largest) +
                         " px): larger objects may be cut in pieces; raise the largest object size");
    }
  }
  if (smallest > 0) {
    if (const size_t count = share([&](double d) { return d <= smallest * (1 + kNearLimit); })) {
      warnings.push_back(percent(count, diameters.size()) + " of the objects pile up at the smallest size (" +
                         short_number(smallest) +
                         " px): smaller objects may be missed; lower the smallest object size");
    }
  }
}

/// "a.tif" or "a.tif and 3 more".
std::string names_of(const std::vector<std::string>& names) {
  return names.size() == 1 ? names.front()
                           : names.front() + " and " + std::to_string(names.size() - 1) + " more";
}

void add_unexplained_warnings(const Report& report, std::vector<std::string>& warnings) {
  std::vector<std::string> opposite, others, inverted;
  for (const auto& image : report.images) {
    if (image.evidence.is_unexplained)
      (image.evidence.looks_opposite ? opposite : others).push_back(image.name);
    if (image.evidence.is_inverted) inverted.push_back(image.name);
  }
  if (!inverted.empty()) {
    warnings.push_back(names_of(inverted) +
                       ": objects are dark where those of the other images are bright, or the other way "
                       "round, and were found in the inverted image");
  }
  if (!opposite.empty()) {
    warnings.push_back("hardly anything was found of what stands out of " + names_of(opposite) +
                       ": it is dark where bright objects are looked for, or the other way round; give the "
                       "other --polarity for these images");
  }
  if (!others.empty()) {
    warnings.push_back("hardly anything was found of what stands out of " + names_of(others) +
                       ": check whether objects have the size that is looked for" +
                       (report.largest_diameter > 0 ? " (" + short_number(report.smallest_diameter) + " to " +
                                                          short_number(report.largest_diameter) + " px)"
                                                    : "") +
                       ", and whether the images are like those of the training");
  }
}

}  // namespace

std::vector<std::string> find_warnings(const Report& report) {
  std::vector<std::string> warnings = report.warnings;
  int64_t failed = 0, empty = 0, objects = 0;
  for (const auto& image : report.images) {
    failed += image.failure.empty() ? 0 : 1;
    empty += image.failure.empty() && image.objects == 0 ? 1 : 0;
    objects += image.objects;
  }
  const auto total = static_cast<int64_t>(report.images.size());
  if (failed > 0) {
    warnings.push_back(counted(failed, "image", "images") + " of " + std::to_string(total) +
                       " failed, see the list below");
  }
  if (total > failed && objects == 0) {
    warnings.push_back(
        "no objects were found in any image: check the object size, and whether objects are bright or dark");
  } else if (empty > 0) {
    warnings.push_back("no objects were found in " + counted(empty, "image", "images") + " of " +
                       std::to_string(total));
  }
  add_unexplained_warnings(report, warnings);
  add_size_warnings(report, warnings);
  return warnings;
}

}  // namespace priorseg
