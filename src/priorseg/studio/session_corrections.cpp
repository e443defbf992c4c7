#include <torch/types.h>

#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/markup.h"
#include "priorseg/pipeline/calibration.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/studio/session.h"

namespace priorseg {

namespace fs = std::filesystem;

/// Images whose objects a person has corrected.
std::vector<size_t> Session::corrected_images(const Gallery& gallery) {
  std::vector<size_t> corrected;
  const auto folder = output_of(gallery);
  for (size_t i = 0; i < gallery.files().size(); ++i) {
    const auto& stem = gallery.stems()[i];
    if (fs::exists(folder.label_map(stem)) && fs::exists(journal_of(folder, stem)) &&
        result(static_cast<int64_t>(i), 0)->is_corrected())
      corrected.push_back(i);
  }
  return corrected;
}

/// Those that are outlined again: what was corrected stays.
std::vector<fs::path> Session::uncorrected_files(const Gallery& gallery) {
  auto files = gallery.files();
  const auto corrected = corrected_images(gallery);
  for (auto i = corrected.rbegin(); i != corrected.rend(); ++i)
    files.erase(files.begin() + static_cast<int64_t>(*i));
  if (!corrected.empty())
    board_.info(counted(std::ssize(corrected), "image that was corrected stays as it is",
                        "images that were corrected stay as they are"));
  return files;
}

/// Label maps of the corrected images, as files that the command takes, too.
std::vector<fs::path> Session::write_annotated(const Gallery& gallery) {
  const auto folder = annotated_folder(output_of(gallery).root);
  const auto corrected = corrected_images(gallery);
  if (corrected.empty()) throw Error("no image is corrected yet; correct one or more, then learn from them");
  fs::create_directories(folder);
  for (const auto& stem : gallery.stems()) fs::remove(folder / (stem + ".tif"));
  std::vector<fs::path> files;
  for (const size_t i : corrected) {
    files.push_back(folder / (gallery.stems()[i] + ".tif"));
    write_label_map(files.back(), result(static_cast<int64_t>(i), 0)->present().labels);
  }
  return files;
}

/// Those that an earlier training learned from.
std::vector<fs::path> Session::annotated_files(const Gallery& gallery) const {
  std::vector<fs::path> files;
  for (const auto& stem : gallery.stems()) {
    auto file = annotated_folder(output_of(gallery).root) / (stem + ".tif");
    if (fs::exists(file)) files.push_back(std::move(file));
  }
  if (files.empty()) throw Error("the label maps that were learned from are gone; begin anew");
  return files;
}

/// The model that the results are of.
fs::path Session::model_of_results() const {
  const auto folder = output();
  bool is_unfinished = false;
  {
    const std::lock_guard lock(mutex_);
    is_unfinished = choices_.from_unfinished;
  }
  std::vector<fs::path> models = {folder.calibrated_model()};
  if (is_unfinished) models.insert(models.end(), {folder.unfinished_model(), folder.teacher()});
  models.push_back(folder.model());
  for (const auto& model : models)
    if (fs::exists(model)) return model;
  throw Error("there is no model yet; learn first");
}

std::string Session::outlines(int64_t image, int64_t picture, double border_level) {
  require_no_job("draw outlines again");
  BorderPreview::Subject subject{model_of_results(), ImageInput(gallery()->file(image)).with_planes(planes()),
                                 picture, options_.device, options_.threads};
  return border_preview_.describe(subject, border_level);
}

/// Fits the outlines of the model to the corrected images.
void Session::calibrate_now(const Gallery& gallery, Detector& detector, OutputFolder& folder) {
  const auto label_maps = write_annotated(gallery);
  std::vector<AnnotatedInput> annotated;
  for (size_t i = 0; const size_t image : corrected_images(gallery)) {
    const auto input = ImageInput(gallery.files()[image]).with_planes(planes());
    annotated.emplace_back(gallery.stems()[image], input, LabelMapInput(label_maps[i++]));
  }
  calibrate(detector, annotated, board_);
  detector.save(folder.claim(folder.calibrated_model()));
}

void Session::outline_again(bool calibrates) {
  const auto opened = gallery();
  model_of_results();
  board_.start(calibrates ? "calibrate" : "outline", [this, opened, calibrates] {
    outline_now(*opened, calibrates);
    keep_choices();
    forget_results();
  });
}

void Session::outline_now(const Gallery& gallery, bool calibrates) {
  FolderPlan plan;
  plan.images = uncorrected_files(gallery);
  const auto names = output_of(gallery);
  OutputFolder folder(names.root, plan, board_);
  auto detector = Detector::load(model_of_results());
  detector.to(find_device(options_.device));
  if (calibrates) calibrate_now(gallery, detector, folder);
  segment_with(
      detector, plan.images, folder,
      calibrates ? "priorseg studio, outlines like those corrected" : "priorseg studio, outlined again");
}

/// Outlines images at the border level that was chosen.
void Session::segment_with(const Detector& detector, const std::vector<fs::path>& images,
                           OutputFolder& folder, const std::string& title) {
  if (images.empty()) return;
  auto inference = detector.options().inference;
  {
    const std::lock_guard lock(mutex_);
    if (choices_.border_level) {
      inference.border_level = *choices_.border_level;
      inference.stain_border_level = 0;
    }
  }
  auto chosen = detector.options();
  const auto planes = choose_planes_of_files({images.begin(), images.end()}, {}, chosen, board_);
  auto batch = segment_images(images, detector, inference, folder, kReportPictures, board_, planes);
  judge(batch, true);
  write_batch_report(batch, detector, inference, options_.settings.seed, folder, {title, "", 0}, board_);
  tell_outcome(batch, images.size(), folder, board_);
}

void Session::forget_results() {
  const std::lock_guard lock(mutex_);
  results_.clear();
}

}  // namespace priorseg
