#include "priorseg/pipeline/output_paths.h"

#include "priorseg/core/image_name.h"

namespace priorseg {
namespace fs = std::filesystem;

fs::path OutputPaths::ctc_mask(const std::string& stem) const {
  const std::string digits = frame_digits(stem);
  return digits.empty() ? fs::path() : root / "RES" / ("mask" + digits + ".tif");
}

fs::path OutputPaths::image_file(ResultForm form, const std::string& stem) const {
  switch (form) {
    case ResultForm::kLabels:
      return label_map(stem);
    case ResultForm::kOverlay:
      return overlay(stem);
    case ResultForm::kRois:
      return rois(stem);
    case ResultForm::kGeoJson:
      return geojson(stem);
    case ResultForm::kCoco:
      return coco_part(stem);
    case ResultForm::kCtc:
      return ctc_mask(stem);
    case ResultForm::kCellpose:
      return cellpose_masks(stem);
    case ResultForm::kOmeTiff:
      return ome_tiff(stem);
    case ResultForm::kOmeZarr:
      return ome_zarr(stem);
    case ResultForm::kOmeZarr05:
      return ome_zarr_05(stem);
    case ResultForm::kCsv:
      break;
  }
  return {};
}

}  // namespace priorseg
