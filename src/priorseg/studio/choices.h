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

  /// Takes over what `wanted` names: "channel", "polarity", "size": {"min", "max"} or null, "save".
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
};

/// The command that does the same job.
std::string command_for(const JobNames& names, const Choices& choices);
/// Lines of Python that do the same job.
std::string python_for(const JobNames& names, const Choices& choices);

}  // namespace priorseg
