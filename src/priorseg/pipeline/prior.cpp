#include "priorseg/pipeline/prior.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/contact_sheet.h"
#include "priorseg/shapes/mask_patches.h"
#include "priorseg/shapes/synthetic_shapes.h"

namespace priorseg {
namespace {
constexpr int64_t kShownShapes = 64;

std::string drawn_masks(const Settings& settings) {
  return std::to_string(settings.prior_masks) + " masks, seed " + std::to_string(settings.seed);
}

/// Masks of annotated objects and synthetic ones in random order, [prior_masks,1,S,S].
torch::Tensor draw_learned_masks(const ObjectMasks& objects, const Settings& settings) {
  const auto annotated = static_cast<double>(objects.masks.size());
  const double share = annotated / (annotated + settings.synthetic_objects);
  const int64_t learned =
      std::max<int64_t>(1, std::llround(static_cast<double>(settings.prior_masks) * share));
  Random random = Random(settings.seed).stream("mask patches");
  const auto masks = draw_mask_patches(objects, learned, settings.mask_patches, random);
  if (learned == settings.prior_masks) return masks;
  const auto synthetic = draw_synthetic_masks(settings.prior_masks - learned, settings.shapes, random);
  std::vector<int64_t> order(static_cast<size_t>(settings.prior_masks));
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random.engine());
  return torch::cat({masks, synthetic}).index_select(0, torch::tensor(order));
}

}  // namespace

std::string synthetic_origin(const Settings& settings) {
  return "synthetic " + options_to_json(settings.shapes).dump() + ", " + drawn_masks(settings);
}

std::string learned_origin(const std::vector<LabelMapInput>& label_maps, const Settings& settings) {
  std::string names;
  for (const auto& map : label_maps) names += (names.empty() ? "" : ", ") + utf8_or_escaped(map.identity());
  const std::string beside = settings.synthetic_objects > 0
                                 ? " beside " + nlohmann::json(settings.synthetic_objects).dump() +
                                       " synthetic " + options_to_json(settings.shapes).dump()
                                 : "";
  return "learned from " + names + " " + options_to_json(settings.mask_patches).dump() + beside + ", " +
         drawn_masks(settings);
}

ShapePrior make_synthetic_prior(const Settings& settings, Observer& observer) {
  Random random = Random(settings.seed).stream("synthetic shapes");
  const auto masks = draw_synthetic_masks(settings.prior_masks, settings.shapes, random);
  auto prior = ShapePrior::train(masks, settings.prior, settings.seed, observer);
  prior.set_origin(synthetic_origin(settings));
  return prior;
}

ShapePrior learn_prior(const std::vector<LabelMapInput>& label_maps, const Settings& settings,
                       Observer& observer) {
  ObjectMasks objects;
  std::string names;
  for (const auto& map : label_maps) {
    std::string doubt;
    const auto cut = cut_object_masks(map.read(&doubt), settings.mask_patches);
    if (!doubt.empty()) observer.warn(map.name() + ": " + doubt);
    objects.masks.insert(objects.masks.end(), cut.masks.begin(), cut.masks.end());
    names += (names.empty() ? "" : ", ") + std::filesystem::path(map.name()).filename().string();
  }
  if (objects.masks.empty()) {
    throw Error(names + " holds no whole object of at least " +
                std::to_string(settings.mask_patches.min_area) +
                " px away from the border, expected a label map (0 = background, one number an object)");
  }
  observer.info("shapes are learned from " + std::to_string(objects.masks.size()) + " annotated objects");
  auto prior =
      ShapePrior::train(draw_learned_masks(objects, settings), settings.prior, settings.seed, observer);
  prior.set_origin(learned_origin(label_maps, settings));
  return prior;
}

ShapePrior obtain_prior(const std::vector<LabelMapInput>& label_maps, const Settings& settings,
                        const std::filesystem::path& saved, bool restart, Observer& observer) {
  const auto origin = label_maps.empty() ? synthetic_origin(settings) : learned_origin(label_maps, settings);
  if (!restart && std::filesystem::exists(saved)) {
    auto prior = ShapePrior::load(saved);
    if (prior.origin() == origin && options_to_json(prior.options()) == options_to_json(settings.prior)) {
      observer.info(saved.string() + " is used as it is; --restart makes a new one");
      return prior;
    }
  }
  auto prior = label_maps.empty() ? make_synthetic_prior(settings, observer)
                                  : learn_prior(label_maps, settings, observer);
  prior.save(saved);
  return prior;
}

std::string prior_contact_sheet(const ShapePrior& prior, uint64_t seed) {
  return encode_png(contact_sheet({{"Shapes it was trained on", prior.examples().slice(0, 0, kShownShapes)},
                                   {"Shapes it draws", prior.sample(kShownShapes, seed)}}));
}

}  // namespace priorseg
