#include "priorseg/pipeline/planes_of_files.h"

#include <algorithm>

#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/image_levels.h"
#include "priorseg/detector/image_look.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/pipeline/image_crops.h"

namespace priorseg {
namespace {

constexpr int64_t kMostFilesLookedInto = 4;  // files
constexpr double kTypicalFill = 0.7;         // of priors, PriorOptions::fill

/// How much of one channel of an image is compact and stands out, as objects of the sizes looked for do.
double objects_in(const ImageInput& image, const DetectorOptions& detector) {
  const Image middle = middle_of(read_crops(image).front(), kMostSideLookedAt);
  const auto scale = network_scale(detector.size, detector.localizer.cell_size(), kTypicalFill);
  const auto look = look_at_image(middle, detector, levels_of_image(middle, detector, scale).front());
  return look.standing_out * look.compact;
}

/// What the files say for each of their channels.
struct ChannelFigures {
  ImageStructure structure;
  std::vector<double> objects;  // by channel
  int64_t files = 0;

  void add(const ImageInput& image, const PlaneChoice& choice, const DetectorOptions& detector) {
    const auto found = ImageReader(image.with_planes(choice)).structure();
    if (found.channels < 2 || found.colour) return;
    if (files == 0) structure = found, objects.assign(static_cast<size_t>(found.channels), 0.0);
    if (found.channels != structure.channels) return;
    ++files;
    for (int64_t channel = 0; channel < structure.channels; ++channel) {
      auto one = choice;
      one.channel = std::to_string(channel + 1);
      objects[static_cast<size_t>(channel)] += objects_in(image.with_planes(one), detector);
    }
  }
};

}  // namespace

PlaneChoice choose_planes_of_files(const std::vector<ImageInput>& images, PlaneChoice choice,
                                   DetectorOptions& detector, Observer& observer) {
  auto& known = detector.planes;
  if (choice.channel.empty())
    choice.channel = known.channel;
  else
    known.channel = choice.channel;
  if (choice.project == Projection::kAuto)
    choice.project = known.project;
  else
    known.project = choice.project;
  if (!choice.channel.empty()) return choice;
  ChannelFigures figures;
  for (const auto& image : spread_images(images, kMostFilesLookedInto)) {
    observer.check_stop();
    try {
      figures.add(image, choice, detector);
    } catch (const Error&) {  // told when it is read
    }
  }
  if (figures.files == 0) return choice;
  const auto best = std::max_element(figures.objects.begin(), figures.objects.end());
  choice.channel = figures.structure.channel_name(best - figures.objects.begin());
  known.channel = choice.channel;
  const std::string taken =
      "the files hold " + figures.structure.text() + ": --channel " + choice.channel + ", ";
  if (*best > 0)
    observer.info(taken +
                  "of which most stands out in the shape of objects; give another where that is wrong");
  else
    observer.warn(taken + "although nothing stands out of any of them; give another where that is wrong");
  return choice;
}

bool is_film_or_stack(const std::filesystem::path& image) {
  try {
    const auto structure = ImageReader(ImageInput(image)).structure();
    return structure.frames * structure.slices > 1;
  } catch (const Error&) {
    return false;
  }
}

void RemarkTeller::tell(const std::string& name, const std::vector<std::string>& remarks) {
  for (const auto& remark : remarks)
    if (files_with_[remark]++ == 0) observer_.info(name + ": " + remark);
}

void RemarkTeller::finish() {
  for (const auto& [remark, files] : files_with_)
    if (files > 1) observer_.info("the same of " + std::to_string(files - 1) + " more files: " + remark);
  files_with_.clear();
}

}  // namespace priorseg
