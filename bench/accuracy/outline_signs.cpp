// Prints the signs of all outlines that a model draws in images, and how good they are.
// usage: outline_signs MODEL IMAGES TRUTH [FIELD_OF_INTEREST] > signs.csv
// TRUTH is a folder of label maps. Objects found that lie wholly within FIELD_OF_INTEREST px of the image
// border do not count (default 0). BORDER_LEVEL is for models that have none of their own (default 0.38).
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/detector.h"
#include "priorseg/detector/settings.h"
#include "priorseg/eval/label_files.h"
#include "priorseg/eval/overlaps.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/label_map.h"

namespace {

using namespace priorseg;

struct Outlines {
  torch::Tensor labels;             // [H,W] int32
  std::vector<OutlineSigns> signs;  // of label l at entry l - 1
  std::vector<int64_t> areas;       // likewise, px
};

Outlines outlines_of(const Image& image, const Detector& detector, const InferenceOptions& inference) {
  Outlines result;
  detector.find_in_bands(image, Detector::kBandPixels, inference, [&](const FoundRows& all) {
    if (all.signs.empty() && !all.found.objects.empty())
      throw Error("outlines are not compared with the pixels");
    const auto map = compose_label_map(all.found.objects, image.height, image.width);
    result.labels = map.labels;
    for (const int64_t object : map.object_of_label) {
      result.signs.push_back(all.signs[static_cast<size_t>(object)]);
      result.areas.push_back(all.found.objects[static_cast<size_t>(object)].area);
    }
  });
  return result;
}

/// @param middle  of the sizes that the model looks for, px.
void print_signs(const std::string& name, const Outlines& found, const torch::Tensor& truth, int64_t border,
                 double middle) {
  const auto overlaps = count_overlaps(truth, found.labels);
  std::vector<double> best(overlaps.predicted_labels.size());
  for (const auto& pair : overlaps.pairs)
    best[static_cast<size_t>(pair.predicted)] =
        std::max(best[static_cast<size_t>(pair.predicted)], overlaps.iou(pair));
  const auto inner = count_overlaps(truth, drop_objects_at_border(found.labels, border)).predicted_labels;
  for (size_t i = 0; i < best.size(); ++i) {
    const int32_t label = overlaps.predicted_labels[i];
    if (!std::binary_search(inner.begin(), inner.end(), label)) continue;
    const auto& signs = found.signs[static_cast<size_t>(label - 1)];
    const auto area = static_cast<double>(found.areas[static_cast<size_t>(label - 1)]);
    std::printf("%s,%d,%.4f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f\n", name.c_str(), label, best[i], signs.score,
                signs.fill, signs.agreement, signs.unevenness, signs.sharpness, quality_of_outline(signs),
                2 * std::sqrt(area / std::numbers::pi) / middle);
  }
}

}  // namespace

int main(int count, char** values) {
  if (count < 4) return 2;
  try {
    const auto detector = Detector::load(values[1]);
    auto inference = detector.options().inference;
    if (inference.border_level <= 0) {
      const auto today = make_settings("default").detector.inference;
      inference.border_level = today.border_level;
      inference.stain_border_level = today.stain_border_level;
      inference.split_touching = today.split_touching;
    }
    inference.min_chance = 0;
    const auto& sizes = detector.options().size;
    const double middle = std::sqrt(sizes.min * sizes.max);
    const int64_t border = count > 4 ? std::stoll(values[4]) : 0;
    std::puts("image,label,iou,score,fill,agreement,unevenness,sharpness,quality,relative_size");
    for (const auto& file : pair_images_with_labels(list_images({values[2]}), list_label_maps({values[3]}))) {
      const auto image = read_image(file.image);
      print_signs(file.name, outlines_of(image, detector, inference), read_label_map(file.labels), border,
                  middle);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "outline_signs: error: %s\n", error.what());
    return 1;
  }
  return 0;
}
