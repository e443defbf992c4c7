#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/min_max.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/plane_choice.h"
#include "priorseg/pipeline/output_paths.h"

namespace priorseg {

/// What a person has chosen in the page; what is not chosen is left to the images.
struct Choices {
  std::string channel;         ///< of a file by name or number, or a colour or stain; empty = by the images
  std::string polarity;        ///< name of Polarity; empty = by the images
  std::optional<MinMax> size;  ///< px
  std::string save = "labels,overlay,csv";
  std::optional<double>
      border_level;              ///< that all images were outlined at again; nothing = as the model does
  bool from_unfinished = false;  ///< the results are those of a training that was stopped
  bool learns_from_corrections = false;  ///< shapes come from the images that were corrected

  /// Takes over what `wanted` names: "channel", "polarity", "size": {"min", "max"} or null, "save",
  /// "border_level": a number or null, "learns_from_corrections",
  /// "from_unfinished".
  /// @throws Error where a value is none.
  void take(const nlohmann::json& wanted);
  nlohmann::json to_json() const;
};

/// Where the choices of a job are kept in its output folder.
std::filesystem::path choices_file(const OutputPaths& folder);
/// The choices of the job that an output folder is of; nothing where there is none.
std::optional<Choices> kept_choices(const OutputPaths& folder);

/// `settings` with the choices in them, as the command line's options put them there.
Settings with_choices(Settings settings, const Choices& choices);

/// What the job reads and writes, for the lines that repeat it.
struct JobNames {
  std::filesystem::path images, output;
  std::vector<std::string> setting_arguments;  ///< options of the settings, as the studio was given them
  bool calibrated = false;                     ///< outlines were fitted to images that were corrected
};

/// Where the label maps of corrected images lie that were learned from.
std::filesystem::path annotated_folder(const std::filesystem::path& output);

/// The commands that do the same job, one a line.
std::string command_for(const JobNames& names, const Choices& choices);
/// Lines of Python that do the same job.
std::string python_for(const JobNames& names, const Choices& choices);

}  // namespace priorseg
