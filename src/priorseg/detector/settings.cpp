#include "priorseg/detector/settings.h"

#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/core/result_form.h"

namespace priorseg {
namespace {

Settings default_settings() {
  Settings settings;
  settings.synthetic_objects = 60;
  settings.calibrate = true;
  settings.shapes.contours = 0.5;
  settings.shapes.rods = 0.2;
  settings.shapes.spindles = 0.2;
  settings.detector.gradient.quantile = 0.99;
  settings.detector.gradient.truncate = 1.0;
  settings.detector.gradient.floor = 0.25;
  settings.prior.latent_size = 16;
  settings.detector.intensity.channel = ImageChannel::kAuto;
  settings.detector.intensity.polarity = Polarity::kAuto;
  settings.detector.intensity.background = BackgroundKind::kLocal;
  settings.detector.intensity.signal_floor = 2.0;
  settings.detector.intensity.withstand_artefacts = true;
  settings.detector.size.own_scale = true;
  settings.detector.size.level_span = 4.5;
  settings.detector.loss.foreground_level = 0.4;
  settings.detector.localizer.reduction = 2;
  settings.detector.localizer.channels = {24, 48, 96};
  settings.detector.training.steps = 1600;
  settings.detector.training.boxes = 0.35;
  settings.detector.training.precision = Precision::kBFloat16;
  settings.detector.loss.region_weight = 0.25;
  settings.detector.loss.object_price = 0.25;
  settings.detector.loss.overlap_price = 0.1;
  settings.detector.self_training.steps = 400;
  settings.detector.inference.presence = 0.3;
  settings.detector.inference.score = ObjectScore::kTrust;
  settings.detector.inference.border_level = 0.38;
  settings.detector.inference.stain_border_level = 0.6;
  settings.detector.inference.split_touching = true;
  settings.detector.inference.relief_cells = true;
  settings.detector.inference.max_overlap = 0.3;
  settings.detector.inference.min_contrast = 2.0;
  settings.detector.inference.stain_min_contrast = 0.35;
  settings.detector.inference.min_size_share = 0.7;
  settings.detector.inference.min_score = 0.1;
  settings.detector.inference.min_chance = 0.4;
  return settings;
}

Settings paper_settings() {
  Settings settings;
  settings.preset = "paper";
  settings.shapes.antialias = false;
  settings.mask_patches.antialias = false;
  settings.prior.encoder = {EncoderKind::kPooled, {16, 32, 64}};
  settings.prior.decoder = {DecoderKind::kConvolution, {64, 32, 16}};
  auto& detector = settings.detector;
  detector.encoder = {EncoderKind::kPooled, {16, 32, 64}};
  detector.intensity.mapping = IntensityMapping::kLinear;
  detector.intensity.noise_floor = 0;
  // The paper does not say how much of its box an object fills. Its boxes for phase contrast, at most two
  // grid cells, hold those cells only if that is all.
  constexpr double kFill = 1.0;
  settings.shapes.fill = settings.mask_patches.fill = settings.prior.fill = kFill;
  // The typical box takes sqrt(2 * 3) grid cells, its object `fill` of that: the range 2 to 3 of the paper
  // fits the middle of the user's sizes.
  detector.size.object_cells = kFill * 2.449;
  detector.size.scale_min = 2;
  detector.size.scale_max = 3;
  detector.loss.kl_weight = 1e-3;
  detector.loss.edge_pooling = EdgePooling::kImage;
  detector.localizer.initial_presence = 0.5;
  detector.training.blank_crops = 0;
  detector.training.batch_size = 2;
  detector.training.learning_rate = 1e-3;
  detector.inference.nms = NmsRule::kPaper;
  detector.inference.min_size_share = 0;
  return settings;
}

}  // namespace

void Settings::validate() const { check_options(*this); }

void Settings::check_rules(const std::string& where) const {
  if (shapes.patch_size != prior.patch_size || mask_patches.patch_size != prior.patch_size) {
    throw Error(where + "shapes.patch_size, " + where + "mask_patches.patch_size and " + where +
                "prior.patch_size differ, expected one value");
  }
  if (shapes.fill != prior.fill || mask_patches.fill != prior.fill) {
    throw Error(where + "shapes.fill, " + where + "mask_patches.fill and " + where +
                "prior.fill differ, expected one value");
  }
  try {
    parse_further_forms(save);
  } catch (const Error& error) {
    throw Error("setting '" + where + "save': " + error.what());
  }
}

Settings make_settings(const std::string& preset) {
  if (preset == "default") return default_settings();
  if (preset == "paper") return paper_settings();
  throw Error("preset '" + preset + "' is not known, expected 'default' or 'paper'");
}

}  // namespace priorseg
