#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/pipeline/folder_lock.h"
#include "priorseg/pipeline/folder_record.h"

namespace priorseg {

/// Names inside an output folder: the same whatever job made it.
struct OutputPaths {
  std::filesystem::path root;

  std::filesystem::path labels() const { return root / "labels"; }
  std::filesystem::path overlays() const { return root / "overlays"; }
  std::filesystem::path previews() const { return root / "previews"; }
  std::filesystem::path label_map(const std::string& stem) const { return labels() / (stem + ".tif"); }
  std::filesystem::path overlay(const std::string& stem) const { return overlays() / (stem + ".png"); }
  std::filesystem::path objects() const { return root / "objects.csv"; }
  std::filesystem::path images_table() const { return root / "images.csv"; }
  std::filesystem::path prior() const { return root / "prior.safetensors"; }
  std::filesystem::path model() const { return root / "model.safetensors"; }
  std::filesystem::path checkpoint() const { return root / "checkpoint.safetensors"; }
  std::filesystem::path teacher() const { return root / "teacher.safetensors"; }
  std::filesystem::path losses() const { return root / "losses.csv"; }
  std::filesystem::path settings() const { return root / "settings.json"; }
  std::filesystem::path report() const { return root / "report.html"; }
  /// What priorseg keeps for itself: lock and record.
  std::filesystem::path own() const { return root / ".priorseg"; }
};

/// What a job reads and what it writes into its output folder.
struct FolderPlan {
  std::vector<std::filesystem::path> inputs;  ///< what is read, besides `images`
  std::vector<std::filesystem::path> images;  ///< get label maps, overlays, rows of objects.csv and a report
  bool trains = false;                        ///< writes settings, model, losses, checkpoints and previews
  bool makes_prior = false;                   ///< writes the prior
  bool resume = false;                        ///< images that are finished stay as they are
};

/// The folder that a job writes into. It has one owner at a time, and one rule: what priorseg did not write
/// is never replaced.
///
/// Every file is claim()ed before it is written, and thereby noted in the folder's record (FolderRecord). An
/// image is finished when its label map is there, all its rows are in objects.csv, and finish_image() has
/// noted it.
class OutputFolder : public OutputPaths {
 public:
  /// Opens the folder before any work: makes it, keeps other processes out, checks all that the job will
  /// write, takes over what an earlier version left and removes temporary files of interrupted runs.
  ///
  /// @throws Error where the folder is in use or cannot be written; where a result would replace an input or
  ///         another file that priorseg did not write, or stand beside a label map of the same image; where
  ///         two images would share results, or a name is too long. Nothing has changed then.
  OutputFolder(const std::filesystem::path& root, const FolderPlan& plan, Observer& observer = nobody());

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

  /// Notes that an image is finished: label map and rows are written. Several threads may call it.
  void finish_image(const std::string& stem, int64_t num_objects);

  /// Removes label map and overlay of an image, as far as priorseg wrote them. Several threads may call it.
  void drop_image(const std::string& stem);

 private:
  void check_writable(const FolderPlan& plan) const;
  void check_names(const FolderPlan& plan) const;
  void find_finished_images(const std::map<std::string, FinishedImage>& known);
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
  FolderLock lock_;
  FolderRecord record_;
  std::mutex mutex_;                               // of the record
  std::set<std::filesystem::path> earlier_files_;  // relative; of a version that kept no record
  std::map<std::string, int64_t> rows_;            // whole ones in objects.csv, when the folder was opened
  std::set<std::string> finished_;
};

}  // namespace priorseg
