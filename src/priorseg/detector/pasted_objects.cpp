#include "priorseg/detector/pasted_objects.h"

#include <torch/types.h>

#include <cmath>
#include <optional>

#include "priorseg/ops/stitch.h"

namespace priorseg {
namespace {

constexpr double kMostShared = 0.06;  // of a pasted object lies on others: touching, not overlapping
constexpr double kDarkened = 0.5;     // share of the pasted objects that are darkened ...
constexpr double kDarkest = 0.4;      // ... to at least this share of their brightness
constexpr double kSlide = 1.5;        // px, step of the search for the place
constexpr double kFarthest = 128;     // px

torch::Tensor stitched(const torch::Tensor& masks, const torch::Tensor& boxes, std::array<int64_t, 2> size) {
  return stitch(masks.unsqueeze(1).contiguous(), boxes.contiguous(),
                torch::zeros({boxes.size(0)}, torch::kInt64), 1, size)
      .view({size[0], size[1]})
      .clamp_max(1);
}

struct Place {
  int64_t top = 0, left = 0;
};

/// Slides the cutout from (x, y) outwards until it all but leaves the objects that are there.
std::optional<Place> touching_place(const ObjectCutout& cutout, const torch::Tensor& occupied, double x,
                                    double y, double direction) {
  const int64_t height = cutout.share.size(0), width = cutout.share.size(1);
  const double area = cutout.share.sum().item<double>();
  for (double distance = kSlide; distance < kFarthest; distance += kSlide) {
    const Place place{std::llround(y + distance * std::sin(direction) - cutout.box[1].item<double>()),
                      std::llround(x + distance * std::cos(direction) - cutout.box[0].item<double>())};
    if (place.top < 0 || place.left < 0 || place.top + height > occupied.size(0) ||
        place.left + width > occupied.size(1))
      return std::nullopt;
    const auto under =
        occupied.slice(0, place.top, place.top + height).slice(1, place.left, place.left + width);
    if ((cutout.share * under).sum().item<double>() <= kMostShared * area) return place;
  }
  return std::nullopt;
}

void paste(TeachingImage& crop, const ObjectCutout& cutout, Place place, double brightness) {
  const int64_t height = cutout.share.size(0), width = cutout.share.size(1);
  const auto window = [&](torch::Tensor& map) {
    return map.slice(0, place.top, place.top + height).slice(1, place.left, place.left + width);
  };
  // The cutout takes its own blurred border along.
  const auto grown = torch::max_pool2d(cutout.share.contiguous().view({1, 1, height, width}), 3, 1, 1);
  const auto share = torch::avg_pool2d(grown, 3, 1, 1).view({height, width});
  auto under = window(crop.mapped);
  under.copy_(under * (1 - share) + share * cutout.pixels * brightness);
  window(crop.unknown).mul_(cutout.share.lt(0.5).to(torch::kFloat32));
  auto box = cutout.box.clone();
  box[0] += static_cast<double>(place.left);
  box[1] += static_cast<double>(place.top);
  crop.boxes = torch::cat({crop.boxes, box.unsqueeze(0)});
  crop.masks = torch::cat({crop.masks, cutout.mask.unsqueeze(0)});
  crop.trusted = torch::cat({crop.trusted, torch::ones({1}, torch::kBool)});
}

/// A trusted object drawn at random, or nothing where there is none.
std::optional<int64_t> draw_trusted(const TeachingImage& image, Random& random) {
  const auto trusted = torch::nonzero(image.trusted).view({-1});
  if (trusted.size(0) == 0) return std::nullopt;
  return trusted[random.integer(0, trusted.size(0) - 1)].item<int64_t>();
}

}  // namespace

ObjectCutout cut_out(const TeachingImage& image, int64_t index, Random& random) {
  const auto box = image.boxes[index];
  const double cx = box[0].item<double>(), cy = box[1].item<double>();
  const double half_height = box[2].item<double>() / 2, half_width = box[3].item<double>() / 2;
  const auto left = static_cast<int64_t>(std::floor(cx - half_width)),
             right = static_cast<int64_t>(std::ceil(cx + half_width)),
             top = static_cast<int64_t>(std::floor(cy - half_height)),
             bottom = static_cast<int64_t>(std::ceil(cy + half_height));
  if (left < 0 || top < 0 || right > image.mapped.size(1) || bottom > image.mapped.size(0)) {
    return {torch::zeros({0, 0}), torch::zeros({0, 0}), image.masks[index], box};
  }
  ObjectCutout cutout;
  cutout.pixels = image.mapped.slice(0, top, bottom).slice(1, left, right);
  cutout.mask = image.masks[index];
  auto place = box.clone();
  place[0] -= static_cast<double>(left);
  place[1] -= static_cast<double>(top);
  cutout.share = stitched(cutout.mask.unsqueeze(0), place.unsqueeze(0), {bottom - top, right - left});
  const auto flip = [&](int64_t dimension) {
    for (auto* map : {&cutout.pixels, &cutout.share, &cutout.mask}) *map = map->flip(dimension);
    place[1 - dimension] = static_cast<double>(cutout.share.size(dimension)) - place[1 - dimension];
  };
  if (random.chance(0.5)) flip(0);
  if (random.chance(0.5)) flip(1);
  if (random.chance(0.5)) {
    for (auto* map : {&cutout.pixels, &cutout.share, &cutout.mask}) *map = map->t();
    place = torch::stack({place[1], place[0], place[3], place[2]});
  }
  cutout.box = place;
  return cutout;
}

void paste_touching_objects(TeachingImage& crop, const std::vector<TeachingImage>& images, int64_t most,
                            Random& random) {
  const int64_t count = most > 0 ? random.integer(0, most) : 0;
  const double side = static_cast<double>(crop.mapped.size(0));
  for (int64_t i = 0; i < count; ++i) {
    const auto& source = images[static_cast<size_t>(random.integer(0, std::ssize(images) - 1))];
    const auto object = draw_trusted(source, random), neighbour = draw_trusted(crop, random);
    if (!object || !neighbour) continue;
    const auto cutout = cut_out(source, *object, random);
    const double x = crop.boxes[*neighbour][0].item<double>(), y = crop.boxes[*neighbour][1].item<double>();
    if (cutout.share.numel() == 0 || x < 0 || y < 0 || x >= side || y >= side) continue;
    const auto occupied = stitched(crop.masks, crop.boxes, {crop.mapped.size(0), crop.mapped.size(1)});
    const auto place = touching_place(cutout, occupied, x, y, random.uniform(0, 2 * M_PI));
    const double brightness = random.chance(kDarkened) ? random.uniform(kDarkest, 1.0) : 1.0;
    if (place) paste(crop, cutout, *place, brightness);
  }
}

}  // namespace priorseg
