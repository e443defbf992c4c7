#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/output/loss_log.h"
#include "priorseg/output/verdict.h"

namespace priorseg {

/// One image of a report.
struct ReportImage {
  std::string name;     ///< as the user knows it, e.g. the file name
  int64_t objects = 0;  ///< found in it
  double median_area = std::numeric_limits<double>::quiet_NaN();  ///< px; NaN = unknown or no objects
  double seconds = std::numeric_limits<double>::quiet_NaN();      ///< time taken; NaN = unknown
  std::string failure = {};      ///< one line why there is no result; empty if all went well
  std::string overlay_png = {};  ///< PNG bytes, outlines over the image; empty = not in the gallery
  std::string raw_png = {};      ///< PNG bytes, the same picture without outlines; empty = no switch for it
  std::string left_out = {};     ///< artefacts that were left out, e.g. "3.1 % padding"; empty = none
  ImageEvidence evidence = {};
  std::optional<Verdict> verdict = {};  ///< nothing where none is given, and for an image that failed
};

/// What is told of images before anything is learned from them.
struct Foreword {
  std::vector<std::string> lines;   ///< what the images are and what will be done with them
  std::vector<std::string> doubts;  ///< why it may fail
  bool is_hopeless = false;         ///< nothing can be learned from such images, as far as can be told
  std::string picture_png;          ///< PNG bytes: an image, and what stands out of it; empty = none
};

/// An object that a user should look at.
struct DoubtfulObject {
  std::string image;        ///< name as in ReportImage
  int32_t label = 0;        ///< in the image's label map
  double value = 0;         ///< quality, or score
  bool is_quality = false;  ///< else the score: no quality is known
  double x = 0, y = 0;      ///< its centroid, px
};

/// What a report shows. Every field may be left as it is; the report has no section for what is missing.
struct Report {
  std::string title = "priorseg report";
  std::string summary;                ///< one sentence; empty = composed from the images
  std::optional<Verdict> verdict;     ///< on all images together
  Foreword foreword;                  ///< what was told before the training
  std::vector<std::string> warnings;  ///< one line each; find_warnings adds its own
  std::vector<ReportImage> images;    ///< all of them; those with an overlay are the gallery

  /// Of all objects: diameter of the disk of equal area, px.
  std::vector<double> object_diameters;
  std::vector<double> object_scores;             ///< of all objects, in [0,1]
  std::vector<double> object_qualities;          ///< of all objects of which it is known, in [0,1]
  std::vector<DoubtfulObject> doubtful_objects;  ///< those whose outlines are least likely good
  double smallest_diameter = 0;                  ///< px, the least that the model can find; 0 = unknown
  double largest_diameter = 0;                   ///< px, the greatest that the model can find; 0 = unknown
  double micrometers_per_pixel = 0;              ///< 0 = unknown: sizes are shown in px

  /// Title and table of each training, e.g. "Shape prior".
  std::vector<std::pair<std::string, LossTable>> losses;
  std::string shapes_png;  ///< PNG bytes of a contact_sheet

  nlohmann::json settings;                                    ///< null = none
  double seconds = std::numeric_limits<double>::quiet_NaN();  ///< total time; NaN = the sum over the images
  std::string version;                                        ///< of the program
  std::string command_line;                                   ///< as the user gave it
  std::string date;                                           ///< as text
  std::string citation =
      "L. Chen, W. Zhang, Y. Wu, M. Strauch, D. Merhof: Semi-supervised Instance Segmentation with a Learned "
      "Shape "
      "Prior, 2020, arXiv:2309.04888";
};

/// What a user should look at, one line each: the warnings of the report, then what its numbers show by
/// themselves: images that failed, no object at all, images without objects, images of which much stands out
/// that is in no object, many objects at a limit of the size range, artefacts.
std::vector<std::string> find_warnings(const Report& report);

/// The report as one HTML page, with the images that look wrong first (those that failed, then by their mean
/// score). It needs nothing else: no network, no other files; readable without
/// JavaScript, on paper, on small screens, light and dark. Every text is escaped, whatever file names or
/// settings hold.
std::string report_html(const Report& report);

/// Writes report_html to `path`, atomically.
/// @throws Error where the file cannot be written.
void write_report(const std::filesystem::path& path, const Report& report);

}  // namespace priorseg
