#pragma once

#include <array>
#include <set>
#include <string>
#include <utility>

#include "priorseg/core/option_names.h"

namespace priorseg {

/// A form in which objects are written. Label map, overlay and table are always there: going on with an
/// interrupted run and the report rest on them. The others are written where they are asked for.
enum class ResultForm {
  kLabels,
  kOverlay,
  kCsv,
  kRois,
  kGeoJson,
  kCoco,
  kCtc,
  kCellpose,
  kOmeTiff,
  kOmeZarr,
  kOmeZarr05
};

constexpr auto option_names(ResultForm) {
  return std::array{std::pair{ResultForm::kLabels, "labels"},
                    std::pair{ResultForm::kOverlay, "overlay"},
                    std::pair{ResultForm::kCsv, "csv"},
                    std::pair{ResultForm::kRois, "rois"},
                    std::pair{ResultForm::kGeoJson, "geojson"},
                    std::pair{ResultForm::kCoco, "coco"},
                    std::pair{ResultForm::kCtc, "ctc"},
                    std::pair{ResultForm::kCellpose, "cellpose"},
                    std::pair{ResultForm::kOmeTiff, "ome-tiff"},
                    std::pair{ResultForm::kOmeZarr, "ome-zarr"},
                    std::pair{ResultForm::kOmeZarr05, "ome-zarr-0.5"}};
}

/// Those that are written beside label map, overlay and table.
using FurtherForms = std::set<ResultForm>;

/// Those of a list like "labels,overlay,csv,rois"; spaces beside commas do not count, and an empty text names
/// none.
/// @throws Error where a name is not known.
FurtherForms parse_further_forms(const std::string& names);

}  // namespace priorseg
