// Artefacts in an image cost next to none of its objects.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <functional>
#include <string>

#include "detector/tiny_detector.h"
#include "priorseg/core/generator.h"
#include "support/artefact_scene.h"

namespace priorseg {
namespace {

using namespace test;

constexpr int64_t kFieldSide = 256;
constexpr double kFullScale = 65535;

struct Field {
  std::vector<Ellipse> ellipses = scattered_ellipses(kFieldSide, kFieldSide, 3);
  torch::Tensor pixels = draw_ellipses(ellipses, kFieldSide, kFieldSide);

  // What is found there does not count: covered places, and objects that are cut by them.
  torch::Tensor anything = torch::zeros({kFieldSide, kFieldSide}, torch::kBool), rests = anything.clone();

  /// Objects that lie there are not looked for any more; their rest may be found or not.
  void cover(int64_t top, int64_t left, int64_t height, int64_t width, double value) {
    pixels.slice(1, top, top + height).slice(2, left, left + width).fill_(value);
    anything.slice(0, top, top + height).slice(1, left, left + width).fill_(true);
    std::erase_if(ellipses, [&](const Ellipse& e) {
      const auto all = pixels_of(e, kFieldSide, kFieldSide);
      const bool is_cut = (all & anything).any().item<bool>();
      if (is_cut) rests |= all;
      return is_cut;
    });
  }
};

using Change = std::function<void(Field&, Random&)>;

void bad_columns(Field& field, Random& random) {
  for (const double value : {0.0, kFullScale})
    field.pixels.slice(2, random.integer(20, 230)).slice(2, 0, random.integer(1, 2)).fill_(value);
}

void hot_pixels(Field& field, Random& random) {
  const auto hot = torch::rand(field.pixels.sizes(), torch_generator(random.stream("hot").seed())) <
                   random.uniform(0.002, 0.01);
  field.pixels.masked_fill_(hot, random.uniform(0.1, 1) * kFullScale);
}

void scale_bar(Field& field, Random& random) {
  const int64_t left = random.integer(10, 140), length = random.integer(50, 100);
  field.cover(236, left, 6, length, kFullScale);
  auto picture = field.pixels[0];
  draw_letters(picture, 220, left + 10, kFullScale);
  field.cover(220, left + 10, 11, 2, kFullScale);
}

void padding(Field& field, Random& random) {
  field.cover(0, 0, kFieldSide, random.integer(30, 60), random.chance(0.5) ? 0 : NAN);
  field.cover(0, 0, random.integer(20, 50), random.integer(100, 200), kFullScale);
}

void debris(Field& field, Random& random) {
  const int64_t top = random.integer(100, 150), left = random.integer(100, 200);
  field.cover(top, left, 22, 22, 300);
  const auto disk = pixels_of(Ellipse{static_cast<double>(left) + 11, static_cast<double>(top) + 11, 10, 10},
                              kFieldSide, kFieldSide);
  field.pixels.masked_fill_(disk, random.uniform(0.2, 0.9) * kFullScale);
}

void slope(Field& field, Random& random) {
  const auto x = torch::arange(kFieldSide, torch::kFloat32);
  field.pixels += random.uniform(1, 4) * x.view({1, 1, -1}) + random.uniform(0, 2) * x.view({1, -1, 1});
}

/// Light falls off towards the corners; nothing is covered.
void vignette(Field& field, Random& random) {
  const auto from_middle = (torch::arange(kFieldSide, torch::kFloat32) - kFieldSide / 2).square();
  const auto distance =
      (from_middle.view({-1, 1}) + from_middle.view({1, -1})) / (kFieldSide * kFieldSide / 2);
  field.pixels *= (1 - random.uniform(0.3, 0.6) * distance).unsqueeze(0);
}

/// The brighter part of the grey values is cut off, as by a camera. A microscope blurs its edges: what is of
/// one value with sharp edges would be burnt in.
void saturation(Field& field, Random& random) {
  field.pixels = torch::avg_pool2d(field.pixels.unsqueeze(0), 5, 1, 2, false, false)[0];
  field.pixels.clamp_max_(random.uniform(200, 260));
}

Detector detector_that_withstands(bool artefacts = true) {
  return trained_detector({{"intensity",
                            {{"mapping", "local"},
                             {"background", "local"},
                             {"saturation", 0},
                             {"signal_floor", 2.0},
                             {"withstand_artefacts", artefacts}}}});
}

double f1_of(const Detections& found, const Field& field) {
  const auto matches = static_cast<double>(count_found(found, field.ellipses, 0.5));
  const auto does_not_count = field.anything | field.rests;
  const auto counting = std::count_if(found.objects.begin(), found.objects.end(), [&](const auto& object) {
    const auto pixels = pixels_of(object, kFieldSide, kFieldSide);
    return 2 * (pixels & does_not_count).sum().template item<int64_t>() < object.area;
  });
  return 2 * matches / static_cast<double>(counting + std::ssize(field.ellipses));
}

TEST(Artefacts, OfEveryKindAloneAndTogetherCostHardlyAnyObject) {
  const std::vector<std::pair<std::string, Change>> kinds = {
      {"columns", bad_columns},
      {"hot pixels", hot_pixels},
      {"scale bar", scale_bar},
      {"padding", padding},
      {"debris", debris},
      {"slope", slope},
      {"vignette", vignette},
      {"saturation", saturation},
      {"together", [](Field& field, Random& random) {
         for (const Change& change :
              {Change(slope), Change(hot_pixels), Change(bad_columns), Change(scale_bar), Change(padding)})
           change(field, random);
       }}};
  const auto detector = detector_that_withstands();
  const double clean = f1_of(detector.find({Field().pixels, 0}), Field());
  EXPECT_GT(clean, 0.95);
  for (const auto& [name, change] : kinds)
    for (const uint64_t seed : {1, 2, 3}) {
      Field field;
      Random random(seed);
      change(field, random);
      EXPECT_GT(f1_of(detector.find({field.pixels, 0}), field), clean - 0.03) << name << ", seed " << seed;
    }
}

TEST(Artefacts, WithoutAnyChangeNothing) {
  const auto pixels = Field().pixels;
  const auto with = detector_that_withstands().find({pixels, 0}),
             without = detector_that_withstands(false).find({pixels, 0});
  ASSERT_EQ(with.objects.size(), without.objects.size());
  for (size_t i = 0; i < with.objects.size(); ++i) EXPECT_EQ(with.objects[i].bits, without.objects[i].bits);
}

TEST(Artefacts, AreLeftOutOfAnImageThatGoesInBands) {
  const auto detector = detector_that_withstands();
  Field field;
  Random random(4);
  for (const auto& change : {padding, bad_columns, hot_pixels}) change(field, random);
  Detections found;
  int64_t left_out = 0;
  detector.find_in_bands(Image(field.pixels, 0), 100 * kFieldSide, [&](const FoundRows& piece) {
    for (const auto& object : piece.found.objects) found.objects.push_back(object);
    if (piece.artefacts.defined()) left_out += piece.artefacts.ne(0).sum().item<int64_t>();
  });
  found.instances.height = found.instances.width = kFieldSide;
  EXPECT_GT(f1_of(found, field), 0.95);
  EXPECT_GT(left_out, 30 * kFieldSide);
}

TEST(Artefacts, AreNeitherObjectsNorTrainedOn) {
  Field field;
  Random random(5);
  padding(field, random);
  const auto detector = detector_that_withstands();
  const auto prepared = prepare_image({field.pixels, 0}, detector.options(), detector.scale());
  const int64_t p = prepared.padding;
  EXPECT_LT(prepared.mapped.slice(0, p, p + kFieldSide).slice(1, p, p + 25).max().item<double>(), 0.3);
  EXPECT_TRUE(prepared.mapped.isfinite().all().item<bool>());
}

}  // namespace
}  // namespace priorseg
