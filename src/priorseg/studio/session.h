#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/detector/settings.h"
#include "priorseg/pipeline/annotated_input.h"
#include "priorseg/pipeline/output_folder.h"
#include "priorseg/pipeline/segmentation.h"
#include "priorseg/studio/border_preview.h"
#include "priorseg/studio/choices.h"
#include "priorseg/studio/dropped_files.h"
#include "priorseg/studio/gallery.h"
#include "priorseg/studio/image_result.h"
#include "priorseg/studio/job_board.h"

namespace priorseg {

/// What the studio starts with.
struct StudioOptions {
  Settings settings;
  std::vector<std::string> setting_arguments;  ///< of the command line, for the lines that repeat the job
  std::filesystem::path output;                ///< empty = "priorseg-output" in the folder that is open
  std::vector<std::filesystem::path> roots;    ///< folders in them may be opened, others not
  std::string device = "cpu";                  ///< as find_device takes it
  int64_t threads = 1;
};

/// Where shapes are learned from.
enum class LearnFrom {
  kAsBefore,     ///< as the training that is gone on with, or that was the last
  kImagesAlone,  ///< synthetic outlines
  kCorrections,  ///< the objects of the images that were corrected
};

/// The job that the pages look at: one folder of images, choices, training, results, corrections. All pages
/// see the same session, and what it knows lies in the output folder: a studio that is started again goes on.
/// All functions may be called from several threads; they throw Error for what a person can mend.
class Session {
 public:
  explicit Session(StudioOptions options);
  ~Session();

  JobBoard& board() { return board_; }
  /// All that a page shows but pictures, objects and progress.
  nlohmann::json state();

  /// The folders in `folder`, and how many images it holds. Empty: the roots.
  nlohmann::json browse(const std::string& folder) const;
  /// Opens a folder and looks at its images.
  void open(const std::string& folder);
  void choose(const nlohmann::json& wanted);
  /// Looks at the images again, with the choices.
  void look();
  /// @param restart  what a training that was stopped left is ignored; always so with kCorrections.
  void learn(LearnFrom from, bool restart);
  /// Outlines all images but those that were corrected again, at the border level that was chosen.
  /// @param calibrates  makes outlines as tight or wide as those of the corrected images first.
  void outline_again(bool calibrates);
  /// Ends the job that runs. @param use  what a training has learned so far is used then.
  void stop(bool use);
  /// Writes all results as they are now, with the corrections, into the folder "corrected".
  void export_results();

  std::string thumbnail(int64_t image, const std::string& view);
  std::shared_ptr<const PicturePyramid> picture(int64_t image, int64_t picture, const std::string& view);
  /// ImageResult::describe().
  std::string objects(int64_t image, int64_t picture);
  /// ImageResult::outlines_in().
  std::string outlines_in(int64_t image, int64_t picture, const PixelBox& view);
  /// BorderPreview::describe().
  std::string outlines(int64_t image, int64_t picture, double border_level);
  /// Where files that are dropped on a page go.
  const DroppedFiles& dropped() const { return dropped_; }
  /// @throws OtherRevision as Corrections::apply.
  void correct(int64_t image, int64_t picture, const nlohmann::json& action, int64_t revision);
  /// PNG bytes of a picture that a training made. @param name  as the board tells it.
  std::string preview(const std::string& name);
  /// PNG bytes: the shapes that the prior was trained on and draws, or those that it will be trained on.
  std::string shapes();

 private:
  std::shared_ptr<Gallery> gallery() const;
  std::filesystem::path allowed_folder(const std::string& folder) const;
  OutputPaths output_of(const Gallery& gallery) const;
  OutputPaths output() const;
  PlaneChoice planes() const;
  std::shared_ptr<ImageResult> result(int64_t image, int64_t picture);
  void forget_results();
  std::vector<int64_t> corrected_pictures(const Gallery& gallery, size_t image);
  std::vector<size_t> corrected_images(const Gallery& gallery);
  std::vector<std::filesystem::path> uncorrected_files(const Gallery& gallery);
  /// A picture with a label map to learn from.
  struct AnnotatedPicture {
    size_t image;
    int64_t picture, num_pictures;
    std::filesystem::path labels;
  };
  int64_t pictures_of(const Gallery& gallery, size_t image) const;
  std::vector<AnnotatedInput> write_annotated(const Gallery& gallery);
  std::vector<AnnotatedPicture> annotated_pictures(const Gallery& gallery) const;
  AnnotatedInput annotated_input(const Gallery& gallery, const AnnotatedPicture& annotated) const;
  std::vector<AnnotatedInput> annotated_inputs(const Gallery& gallery) const;
  std::filesystem::path model_of_results() const;
  void look_now();
  void learn_now(LearnFrom from, bool restart);
  void outline_now(const Gallery& gallery, bool calibrates);
  void calibrate_now(const Gallery& gallery, Detector& detector, OutputFolder& folder);
  void segment_with(const Detector& detector, const std::vector<std::filesystem::path>& images,
                    OutputFolder& folder, const std::string& title);
  BatchResult with_images_left_alone(const BatchResult& batch,
                                     const std::vector<std::filesystem::path>& images);
  void complete_images_table(const BatchResult& batch, const std::vector<std::filesystem::path>& images);
  void use_unfinished();
  void note_new_model(bool is_unfinished);
  void keep_choices();
  bool learns_from_corrections() const;
  nlohmann::json list_results(const Gallery& gallery) const;
  void export_now(const Gallery& gallery, const Choices& choices);
  void require_no_job(const std::string& what) const;

  const StudioOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<Gallery> gallery_;
  Choices choices_;
  nlohmann::json looked_;  // what look_ahead told; null = not yet
  std::list<std::pair<std::string, std::shared_ptr<ImageResult>>> results_;  // the one used last in front
  std::pair<std::string, std::shared_ptr<const FoundImage>> found_;  // by stem: of the result made last
  bool uses_unfinished_ = false;
  uint64_t generation_ = 0;
  BorderPreview border_preview_;
  DroppedFiles dropped_;
  JobBoard board_;  // last: its thread uses the others
};

}  // namespace priorseg
