#include "priorseg/pipeline/foreword.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/image_look.h"
#include "priorseg/image/artefacts.h"
#include "priorseg/image/clean_image.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/chart.h"
#include "priorseg/output/look_picture.h"
#include "priorseg/output/markup.h"
#include "priorseg/output/report_picture.h"
#include "priorseg/pipeline/appearance.h"
#include "priorseg/pipeline/image_crops.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/sizes.h"

namespace priorseg {
namespace {

constexpr double kHardlyAnything = 0.002;  // of an image
constexpr double kAlmostAll = 0.6;         // of an image
constexpr double kShapeless = 0.1;         // compact share of what stands out
constexpr double kBlurred = 2.4;           // edge_sharpness()
constexpr double kFarFromSizes = 1.25;     // factor outside of the size range

/// Hands everything on and keeps the messages.
class Keeper : public Observer {
 public:
  explicit Keeper(Observer& observer) : observer_(observer) {}
  void progress(const Progress& state) override { observer_.progress(state); }
  bool stop_requested() override { return observer_.stop_requested(); }
  void message(MessageLevel level, const std::string& text) override {
    observer_.message(level, text);
    (level == MessageLevel::kInfo ? foreword.lines : foreword.doubts).push_back(text);
  }

  Foreword foreword;

 private:
  Observer& observer_;
};

/// What the files are.
struct Files {
  int64_t looked_at = 0;
  std::optional<ImageInfo> smallest, largest;
  bool several_kinds = false;  // of depth or channels
  double darkest = INFINITY, brightest = -INFINITY;
  ArtefactCounts artefacts{};
  int64_t num_pixels = 0, with_artefacts = 0;

  void add(const Image& image, const torch::Tensor& clean) {
    ++looked_at;
    const auto area = [](const ImageInfo& info) { return info.height * info.width; };
    if (!smallest || area(image) < area(*smallest)) smallest = image;
    if (!largest || area(image) > area(*largest)) largest = image;
    several_kinds |= image.bit_depth != smallest->bit_depth || image.channels != smallest->channels;
    const auto values = image.pixels.masked_select(image.pixels.isfinite());
    if (values.numel() > 0) {
      darkest = std::min(darkest, values.min().item<double>());
      brightest = std::max(brightest, values.max().item<double>());
    }
    const auto counts = count_artefacts(layer_of(clean, CleanLayer::kKind).to(torch::kUInt8));
    bool any = false;
    for (size_t kind = 1; kind < counts.size(); ++kind) {
      artefacts[kind] += counts[kind];
      any |= counts[kind] > 0;
    }
    with_artefacts += any;
    num_pixels += area(image);
  }
};

std::string size_text(const ImageInfo& info) {
  return std::to_string(info.width) + " x " + std::to_string(info.height);
}

/// "24 of 100 images were looked at: 696 x 520 px, 16 bit, 1 channel, values 120 to 4,021".
void tell_files(const Files& files, size_t total, Observer& observer) {
  const auto& info = *files.smallest;
  const bool has_parts = files.looked_at > static_cast<int64_t>(total);  // of films, stacks and large images
  std::string text = std::to_string(files.looked_at) + (has_parts ? " pictures of " : " of ") +
                     counted(static_cast<int64_t>(total), "image", "images") +
                     " looked at: " + size_text(info);
  if (size_text(*files.largest) != size_text(info)) text += " to " + size_text(*files.largest);
  text += " px, ";
  text += files.several_kinds
              ? "of several depths or numbers of channels"
              : std::to_string(info.bit_depth) + " bit, " + counted(info.channels, "channel", "channels");
  if (files.darkest <= files.brightest)
    text += ", values " + short_number(files.darkest) + " to " + short_number(files.brightest);
  observer.info(text);
  if (files.with_artefacts == 0) return;
  observer.info("left out of " + std::to_string(files.with_artefacts) +
                " of them, because it is no picture: " +
                describe_artefacts(files.artefacts, files.num_pixels) + " (of all pixels)");
}

/// What stands out of the images.
struct Outlook {
  int64_t images = 0, empty = 0, full = 0, shapeless = 0;
  std::vector<double> standing_out, sizes, per_image, sharpness;

  void add(const ImageLook& look, const Image& image) {
    ++images;
    if (look.standing_out < kHardlyAnything) {
      ++empty;
      return;
    }
    full += look.standing_out > kAlmostAll;
    shapeless += look.compact < kShapeless;
    standing_out.push_back(look.standing_out);
    if (look.size <= 0) return;
    sizes.push_back(look.size);
    if (look.sharpness > 0) sharpness.push_back(look.sharpness);
    const double object = M_PI / 4 * look.size * look.size;
    per_image.push_back(look.standing_out * static_cast<double>(image.height * image.width) / object);
  }
};

void tell_looks(const Outlook& looks, Observer& observer) {
  if (looks.standing_out.empty()) return;
  std::string text = "what stands out covers " + fixed_number(100 * median_of(looks.standing_out), 0) +
                     " % of an image (median)";
  if (!looks.sizes.empty()) {
    text += ", as about " +
            counted(std::llround(std::max(1.0, median_of(looks.per_image))), "object", "objects") + " of " +
            short_number(median_of(looks.sizes)) + " px would";
  }
  observer.info(text);
}

std::string in_images(int64_t count, int64_t total) {
  return "in " + std::to_string(count) + " of " + counted(total, "image", "images") + " ";
}

/// Tells what speaks against a training. @return whether it is hopeless.
bool tell_doubts(const Outlook& looks, const SizeOptions& size, Observer& observer) {
  const auto most = [&](int64_t count) { return 2 * count > looks.images; };
  if (most(looks.empty))
    observer.warn(in_images(looks.empty, looks.images) +
                  "hardly anything stands out of the noise: nothing can be learned from those");
  if (most(looks.full))
    observer.warn(in_images(looks.full, looks.images) +
                  "more stands out than does not: objects that form a closed layer are not told apart");
  if (most(looks.shapeless))
    observer.warn(
        in_images(looks.shapeless, looks.images) +
        "hardly any of what stands out has the shape of one object: threads, texture, clumps, or out "
        "of focus");
  if (!looks.sharpness.empty() && median_of(looks.sharpness) < kBlurred)
    observer.warn("the edges of what stands out are about as wide as the objects themselves: out of focus?");
  if (looks.sizes.empty()) return most(looks.empty);
  const double typical = median_of(looks.sizes);
  if (typical > kFarFromSizes * size.max || typical < size.min / kFarFromSizes)
    observer.warn("what stands out in the shape of an object is about " + short_number(typical) +
                  " px large, and objects of " + short_number(size.min) + " to " + short_number(size.max) +
                  " px are looked for; give other sizes where that is wrong");
  return most(looks.empty);
}

void tell_planes(const std::vector<ImageInput>& images, Observer& observer) {
  RemarkTeller teller(observer);
  for (const auto& image : images) {
    try {
      teller.tell(image.name(), ImageReader(image).remarks());
    } catch (const Error&) {  // told when it is to be learned from
    }
  }
  teller.finish();
}

}  // namespace

Foreword look_ahead(const std::vector<ImageInput>& images, bool estimates_sizes, Settings& settings,
                    Observer& observer) {
  Keeper keeper(observer);
  tell_planes(spread_images(images, kMostLookedAt), keeper);
  choose_appearance(images, settings, keeper);
  if (estimates_sizes) estimate_sizes(images, settings, keeper);
  measure_typical_object(images, settings, keeper);
  const auto& detector = settings.detector;
  const auto common = network_scale(detector.size, detector.localizer.cell_size(), settings.prior.fill);
  Files files;
  Outlook looks;
  for_each_crop(
      spread_images(images, kMostLookedAt), "look at images", keeper, Unreadable::kPassedOver,
      [&](const Image& crop) {
        const Image image = middle_of(crop, kMostSideLookedAt);
        const auto clean = clean_source(image, detector.intensity).read(0, image.height);
        files.add(image, clean);
        const auto look = look_at_image(image, detector, levels_of_image(image, detector, common).front());
        looks.add(look, image);
        if (keeper.foreword.picture_png.empty() && look.standing_out >= kHardlyAnything) {
          const LookPicture picture{image.pixels, layer_of(clean, CleanLayer::kKind).to(torch::kUInt8),
                                    look.parts, detector.size.min, detector.size.max};
          keeper.foreword.picture_png = report_picture(draw_look(picture), 1600);
        }
      });
  const size_t told = keeper.foreword.lines.size();
  tell_files(files, images.size(), keeper);
  auto& lines =
      keeper.foreword.lines;  // told last, because artefacts depend on what is looked at; read first
  std::rotate(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(told), lines.end());
  tell_looks(looks, keeper);
  keeper.foreword.is_hopeless = tell_doubts(looks, detector.size, keeper);
  return std::move(keeper.foreword);
}

}  // namespace priorseg
