#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/core/result_form.h"
#include "priorseg/pipeline/folder_lock.h"
#include "priorseg/pipeline/folder_record.h"
#include "priorseg/pipeline/output_paths.h"

namespace priorseg {

/// A share of the images of a job that several processes do.
struct Shard {
  int64_t number = 1;  ///< from 1 on
  int64_t count = 1;   ///< of all shards

  std::string text() const { return std::to_string(number) + "/" + std::to_string(count); }
};

/// What a job reads and what it writes into its output folder.
struct FolderPlan {
  std::vector<std::filesystem::path> inputs;  ///< what is read, besides `images`
  std::vector<std::filesystem::path> images;  ///< get label maps, overlays, rows of objects.csv and a report
  bool trains = false;                        ///< writes settings, model, losses, checkpoints and previews
  bool makes_prior = false;                   ///< writes the prior
  bool resume = false;                        ///< images that are finished stay as they are
  FurtherForms forms = {};                    ///< of the results of `images`
  std::vector<std::string> stems = {};  ///< names of the results of `images`; empty: output_stems(images)
  Shard shard = {};                     ///< that `images` are
};

/// The folder that a job writes into. It has one owner at a time, and one rule: what priorseg did not write
/// is never replaced.
///
/// Every file is claim()ed before it is written, and thereby noted in the folder's record (FolderRecord). An
/// image is finished when its label map and all further forms of the plan are there, all its rows are in
/// objects.csv, and finish_image() has noted it.
class OutputFolder : public OutputPaths {
 public:
  /// Opens the folder before any work: makes it, keeps other processes out, checks all that the job will
  /// write, takes over what an earlier version left and removes temporary files of interrupted runs.
  ///
  /// @throws Error where the folder is in use or cannot be written; where a result would replace an input or
  ///         another file that priorseg did not write, or stand beside a label map of the same image; where
  ///         two images would share results, or a name is too long. Nothing has changed then.
  OutputFolder(const std::filesystem::path& root, const FolderPlan& plan, Observer& observer = nobody());

  /// The names of the results of the plan's images.
  const std::vector<std::string>& stems() const { return stems_; }
  const Shard& shard() const { return shard_; }

  /// The further forms of the plan.
  const FurtherForms& forms() const { return forms_; }

  /// The images of the plan that stay as they are, by image_stem().
  const std::set<std::string>& finished_images() const { return finished_; }

  /// Call it before the first image is segmented. Removes what stands there of those images of the plan that
  /// are not finished, so that nothing of an earlier run passes for a result of this one.
  /// @return  the images whose rows stay in objects.csv: those finished, and those that the plan does not
  ///          name and whose label maps are here.
  std::set<std::string> begin_images();

  /// Notes that `path`, a file of this folder, is written next. Several threads may call it.
  /// @return  the same path.
  /// @throws Error where a file has come there meanwhile that priorseg did not write.
  std::filesystem::path claim(const std::filesystem::path& path);

  /// Removes the files directly in a folder below this one that priorseg wrote.
  void remove_own_files(const std::filesystem::path& folder) const;

  /// Notes that an image is finished: label map and rows are written. Several threads may call it.
  void finish_image(const std::string& stem, int64_t num_objects);

  /// Removes an image in all its forms, as far as priorseg wrote them. Several threads may call it.
  void drop_image(const std::string& stem);

  /// How many objects each finished image of the folder has, be it of this plan or not, by image_stem().
  std::map<std::string, int64_t> objects_of_images() const;

  /// Those images of the folder, be they of this plan or not, that are finished and have a coco_part().
  /// Warns where coco() is wanted and others lack it.
  std::vector<std::string> images_of_coco() const;

 private:
  void check_writable(const FolderPlan& plan) const;
  void check_names(const FolderPlan& plan) const;
  void check_ctc_masks(const FolderPlan& plan) const;
  bool is_mask_of_another(const std::string& stem) const;
  void tell_missing_forms() const;
  void find_finished_images(const std::map<std::string, FinishedImage>& known);
  bool has_form(ResultForm form, const std::string& stem) const;
  std::vector<std::string> open_images() const;
  std::vector<std::filesystem::path> outputs(const FolderPlan& plan,
                                             const std::vector<std::string>& stems) const;
  bool is_own(const std::filesystem::path& path) const;
  bool was_changed(const std::string& stem) const;
  std::vector<std::filesystem::path> label_maps_of_others() const;
  void refuse_inputs(const FolderPlan& plan) const;
  void refuse_foreign_files(const FolderPlan& plan) const;
  void remove_leftovers() const;
  void tell_names() const;

  Observer& observer_;
  std::vector<std::string> stems_;  // of the plan's images
  Shard shard_;
  FurtherForms forms_;
  std::set<std::string> numbers_of_others_;  // frame_digits() of finished images that the plan does not name
  FolderLock lock_;
  FolderRecord record_;
  std::mutex mutex_;                               // of the record
  std::set<std::filesystem::path> earlier_files_;  // relative; of a version that kept no record
  std::map<std::string, int64_t> rows_;            // whole ones in objects.csv, when the folder was opened
  std::set<std::string> finished_;
};

}  // namespace priorseg
