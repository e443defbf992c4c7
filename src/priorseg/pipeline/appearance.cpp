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

/// What the images say.
struct Looks {
  int64_t images = 0, coloured = 0;
  std::vector<PolaritySigns> grey;   ///< of the mean of the channels, or the channel that was asked for
  std::vector<PolaritySigns> green;  ///< of coloured images, where the channel is to be chosen

  void add(const Image& image, const IntensityOptions& options) {
    ++images;
    grey.push_back(measure_polarity(clean_grey(image, options.channel, options)));
    if (options.channel != ImageChannel::kAuto || !is_coloured(image.pixels)) return;
    ++coloured;
    green.push_back(measure_polarity(clean_grey(image, ImageChannel::kGreen, options)));
  }
};

std::string out_of(int64_t count, int64_t total, const char* what) {
  return std::to_string(count) + " of " + std::to_string(total) + " images" + what;
}

/// Coloured images of tissue on a bright ground: stains of nuclei absorb green most.
void choose_channel(const Looks& looks, IntensityOptions& intensity, Observer& observer) {
  intensity.channel = ImageChannel::kGrey;
  if (looks.coloured == 0) return;
  const bool most = 2 * looks.coloured > looks.images;
  if (most && common_polarity(looks.green) == Polarity::kDark) intensity.channel = ImageChannel::kGreen;
  observer.info(out_of(looks.coloured, looks.images, " that were looked at have colours") +
                (intensity.channel == ImageChannel::kGreen
                     ? ", on a bright ground: --channel green"
                     : ": --channel grey, the mean of red, green and blue") +
                "; give another where that is wrong");
}

void choose_polarity(const std::vector<PolaritySigns>& signs, DetectorOptions& detector, Observer& observer) {
  const Polarity chosen = common_polarity(signs);
  detector.intensity.polarity = chosen;
  detector.inference.other_polarity = true;
  int64_t total = 0, agree = 0;
  for (const auto& image : signs) {
    if (!image.stands_out) continue;
    ++total;
    agree += chosen == Polarity::kRelief || (image.one_sided < 0) == (chosen == Polarity::kDark);
  }
  if (total == 0) {
    observer.warn("little stands out of the images, neither bright nor dark: --polarity bright is taken");
    return;
  }
  const std::string why = chosen == Polarity::kRelief
                              ? "what stands out is in part brighter and in part darker than its surroundings"
                              : std::string("what stands out is ") +
                                    (chosen == Polarity::kDark ? "darker" : "brighter") +
                                    " than its surroundings in " + std::to_string(agree) + " of " +
                                    std::to_string(total) + " images";
  observer.info(why + ": --polarity " + name_of(chosen) + "; give another where that is wrong");
}

}  // namespace

void choose_appearance(const std::vector<ImageInput>& images, Settings& settings, Observer& observer) {
  auto& intensity = settings.detector.intensity;
  const bool chooses_channel = intensity.channel == ImageChannel::kAuto;
  if (!chooses_channel && intensity.polarity != Polarity::kAuto) return;
  Looks looks;
  for_each_crop(spread_images(images, kMostLookedAt), "look at images", observer, Unreadable::kPassedOver,
                [&](const Image& crop) { looks.add(middle_of(crop, kMostSideLookedAt), intensity); });
  if (chooses_channel) choose_channel(looks, intensity, observer);
  if (intensity.polarity != Polarity::kAuto) return;
  choose_polarity(intensity.channel == ImageChannel::kGreen && chooses_channel ? looks.green : looks.grey,
                  settings.detector, observer);
}

}  // namespace priorseg
