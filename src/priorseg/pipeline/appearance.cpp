#include "priorseg/pipeline/appearance.h"

#include <algorithm>
#include <string>

#include "priorseg/data/image_list.h"
#include "priorseg/image/channel.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/image/polarity.h"
#include "priorseg/pipeline/image_crops.h"

namespace priorseg {
namespace {

/// What is looked at of one image, whatever its polarity.
torch::Tensor clean_grey(const Image& image, ImageChannel channel, const IntensityOptions& options) {
  auto plain = options;
  plain.channel = channel;
  plain.polarity = Polarity::kBright;
  return layer_of(clean_source(image, plain).read(0, image.height), CleanLayer::kGrey);
}

/// What one channel of the images says.
struct ChannelLooks {
  std::vector<PolaritySigns> signs;
  std::vector<double> white;
  bool any_negative = false;

  void add(const torch::Tensor& grey) {
    signs.push_back(measure_polarity(grey));
    white.push_back(measure_white(grey));
    any_negative |= grey.lt(0).any().item<bool>();
  }
};

/// What the images say.
struct Looks {
  int64_t images = 0, coloured = 0;
  ChannelLooks grey;   ///< of the mean of the channels, or the channel that was asked for
  ChannelLooks green;  ///< of coloured images, where the channel is to be chosen

  void add(const Image& image, const IntensityOptions& options) {
    ++images;
    grey.add(clean_grey(image, options.channel, options));
    if (options.channel != ImageChannel::kAuto || !is_coloured(image.pixels)) return;
    ++coloured;
    green.add(clean_grey(image, ImageChannel::kGreen, options));
  }
};

double middle_of_values(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string out_of(int64_t count, int64_t total, const char* what) {
  return std::to_string(count) + " of " + std::to_string(total) + " images" + what;
}

/// Coloured images of tissue on a bright ground: stains of nuclei absorb green most.
void choose_channel(const Looks& looks, IntensityOptions& intensity, Observer& observer) {
  intensity.channel = ImageChannel::kGrey;
  if (looks.coloured == 0) return;
  const bool most = 2 * looks.coloured > looks.images;
  if (most && common_polarity(looks.green.signs) == Polarity::kDark) intensity.channel = ImageChannel::kGreen;
  observer.info(out_of(looks.coloured, looks.images, " that were looked at have colours") +
                (intensity.channel == ImageChannel::kGreen
                     ? ", on a bright ground: --channel green"
                     : ": --channel grey, the mean of red, green and blue") +
                "; give another where that is wrong");
}

void choose_polarity(const ChannelLooks& looks, DetectorOptions& detector, Observer& observer) {
  const auto& signs = looks.signs;
  auto chosen = common_polarity(signs);
  const bool is_dark = chosen == Polarity::kDark;
  // Of light that comes through there is never less than none.
  if (is_dark && !looks.any_negative) chosen = Polarity::kAbsorbing;
  detector.intensity.polarity = chosen;
  detector.inference.other_polarity = true;
  int64_t total = 0, agree = 0;
  for (const auto& image : signs) {
    if (!image.stands_out) continue;
    ++total;
    agree += chosen == Polarity::kRelief || (image.one_sided < 0) == is_dark;
  }
  if (total == 0) {
    observer.warn(
        "the images do not show plainly whether objects are bright or dark: --polarity bright is taken; give "
        "another where that is wrong");
    return;
  }
  const std::string why = chosen == Polarity::kRelief
                              ? "what stands out is in part brighter and in part darker than its surroundings"
                              : std::string("what stands out is ") + (is_dark ? "darker" : "brighter") +
                                    " than its surroundings in " + std::to_string(agree) + " of " +
                                    std::to_string(total) + " images";
  const std::string taken = why + ": --polarity " + name_of(chosen) + "; give another where that is wrong";
  if (chosen == Polarity::kRelief)
    observer.warn(taken + ", and look at the outlines: such objects are not found reliably");
  else
    observer.info(taken);
}

}  // namespace

void choose_appearance(const std::vector<ImageInput>& images, Settings& settings, Observer& observer) {
  auto& intensity = settings.detector.intensity;
  const bool chooses_channel = intensity.channel == ImageChannel::kAuto;
  const bool may_absorb = intensity.polarity == Polarity::kAuto || intensity.polarity == Polarity::kAbsorbing;
  intensity.white = 0;  // that of a settings file may be of other images
  if (!chooses_channel && !may_absorb) return;
  Looks looks;
  for_each_crop(spread_images(images, kMostLookedAt), "look at images", observer, Unreadable::kPassedOver,
                [&](const Image& crop) { looks.add(middle_of(crop, kMostSideLookedAt), intensity); });
  if (chooses_channel) choose_channel(looks, intensity, observer);
  auto& chosen = intensity.channel == ImageChannel::kGreen && chooses_channel ? looks.green : looks.grey;
  if (intensity.polarity == Polarity::kAuto) choose_polarity(chosen, settings.detector, observer);
  if (intensity.polarity == Polarity::kAbsorbing) intensity.white = middle_of_values(chosen.white);
}

}  // namespace priorseg
