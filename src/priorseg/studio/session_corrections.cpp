#include <torch/types.h>

#include <set>
#include <utility>

#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"
#include "priorseg/output/images_csv.h"
#include "priorseg/output/markup.h"
#include "priorseg/pipeline/batch_of_folder.h"
#include "priorseg/pipeline/calibration.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/studio/session.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// The label map of a picture that was corrected.
fs::path annotated_file(const fs::path& folder, const std::string& stem, int64_t picture,
                        int64_t num_pictures) {
  const auto number = num_pictures == 1 ? "" : ".picture-" + std::to_string(picture + 1);
  return folder / (stem + number + ".tif");
}

}  // namespace

/// How many pictures of an image were segmented.
int64_t Session::pictures_of(const Gallery& gallery, size_t image) const {
  return ImageReader(ImageInput(gallery.files()[image]).with_planes(planes())).num_pictures();
}

/// Those of an image whose objects a person has corrected.
std::vector<int64_t> Session::corrected_pictures(const Gallery& gallery, size_t image) {
  std::vector<int64_t> corrected;
  const auto folder = output_of(gallery);
  const auto& stem = gallery.stems()[image];
  if (!fs::exists(folder.label_map(stem)) || !has_journal(folder, stem)) return corrected;
  const int64_t num_pictures = pictures_of(gallery, image);
  for (int64_t picture = 0; picture < num_pictures; ++picture)
    if (fs::exists(journal_of(folder, stem, picture, num_pictures)) &&
        result(static_cast<int64_t>(image), picture)->is_corrected())
      corrected.push_back(picture);
  return corrected;
}

/// Images of which a picture was corrected.
std::vector<size_t> Session::corrected_images(const Gallery& gallery) {
  std::vector<size_t> corrected;
  for (size_t i = 0; i < gallery.files().size(); ++i)
    if (!corrected_pictures(gallery, i).empty()) corrected.push_back(i);
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

/// Puts a picture and its label map together. Of films and stacks the picture is read here.
AnnotatedInput Session::annotated_input(const Gallery& gallery, const AnnotatedPicture& annotated) const {
  const auto image = ImageInput(gallery.files()[annotated.image]).with_planes(planes());
  const auto name = annotated.labels.stem().string();
  if (annotated.num_pictures == 1) return {name, image, LabelMapInput(annotated.labels)};
  ImageReader reader(image);
  reader.go_to(annotated.picture);
  return {name, ImageInput(reader.read(), name), LabelMapInput(annotated.labels)};
}

/// Writes the label maps of the corrected pictures, as files that the command takes, too.
std::vector<AnnotatedInput> Session::write_annotated(const Gallery& gallery) {
  const auto folder = annotated_folder(output_of(gallery).root);
  const auto corrected = corrected_images(gallery);
  if (corrected.empty()) throw Error("no image is corrected yet; correct one or more, then learn from them");
  fs::create_directories(folder);
  for (const auto& earlier : annotated_pictures(gallery)) fs::remove(earlier.labels);
  for (const size_t i : corrected) {
    const auto& stem = gallery.stems()[i];
    const int64_t num_pictures = pictures_of(gallery, i);
    for (const int64_t picture : corrected_pictures(gallery, i))
      write_label_map(annotated_file(folder, stem, picture, num_pictures),
                      result(static_cast<int64_t>(i), picture)->present().labels);
  }
  return annotated_inputs(gallery);
}

/// Of which there is a label map to learn from.
std::vector<Session::AnnotatedPicture> Session::annotated_pictures(const Gallery& gallery) const {
  const auto folder = annotated_folder(output_of(gallery).root);
  std::set<std::string> names;
  std::error_code not_there;
  for (const auto& entry : fs::directory_iterator(folder, not_there)) names.insert(entry.path().filename());
  std::vector<AnnotatedPicture> annotated;
  for (size_t i = 0; i < gallery.files().size(); ++i) {
    const auto& stem = gallery.stems()[i];
    const auto next = names.lower_bound(stem + ".");
    if (next == names.end() || !next->starts_with(stem + ".")) continue;
    const int64_t num_pictures = pictures_of(gallery, i);
    for (int64_t picture = 0; picture < num_pictures; ++picture) {
      auto file = annotated_file(folder, stem, picture, num_pictures);
      if (names.contains(file.filename())) annotated.push_back({i, picture, num_pictures, std::move(file)});
    }
  }
  return annotated;
}

std::vector<AnnotatedInput> Session::annotated_inputs(const Gallery& gallery) const {
  std::vector<AnnotatedInput> inputs;
  for (const auto& annotated : annotated_pictures(gallery))
    inputs.push_back(annotated_input(gallery, annotated));
  if (inputs.empty()) throw Error("the label maps that were learned from are gone; begin anew");
  return inputs;
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
  calibrate(detector, write_annotated(gallery), board_);
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
  batch = with_images_left_alone(batch, images);
  judge(batch, true);
  write_batch_report(batch, detector, inference, options_.settings.seed, folder, {title, "", 0}, board_);
  tell_outcome(batch, images.size(), folder, board_);
}

/// The batch with the images that were left alone, whose results are those of before.
BatchResult Session::with_images_left_alone(const BatchResult& batch, const std::vector<fs::path>& images) {
  const auto opened = gallery();
  const auto folder = output_of(*opened);
  std::set<std::string> stems;
  for (const auto& stem : opened->stems())
    if (fs::exists(folder.label_map(stem))) stems.insert(stem);
  const auto of_batch = output_stems(images);
  stems.insert(of_batch.begin(), of_batch.end());  // those that failed have none
  if (stems.size() == of_batch.size()) return batch;
  return with_earlier_images(batch, of_batch, stems, folder, kReportPictures, board_);
}

/// After a training: its report tells of the images that it segmented.
void Session::complete_images_table(const BatchResult& batch, const std::vector<fs::path>& images) {
  auto whole = with_images_left_alone(batch, images);
  if (whole.images.size() == batch.images.size()) return;
  judge(whole, true);
  FolderPlan plan;
  OutputFolder folder(output().root, plan, board_);
  write_images_csv(folder.claim(folder.images_table()), whole.images);
}

void Session::forget_results() {
  const std::lock_guard lock(mutex_);
  results_.clear();
  found_ = {};
}

}  // namespace priorseg
