#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace priorseg {

/// Whether a file was written by priorseg, as far as its name and content tell: settings.json, objects.csv,
/// images.csv, manifest.jsonl, summary.csv, report.html, provenance.json and losses.csv of an output folder,
/// and whatever ends in .safetensors or losses.csv.
bool is_own_by_content(const std::filesystem::path& file);

/// What an output folder of an earlier version holds.
struct EarlierResults {
  std::vector<std::filesystem::path> files;  ///< relative to the folder
  std::vector<std::string> stems;            ///< of images with a label map
};

/// Finds what an earlier version wrote into `folder`. Label maps and overlays count only beside a table or a
/// report of priorseg: a label map if its image has rows in that table or an overlay.
EarlierResults find_earlier_results(const std::filesystem::path& folder);

}  // namespace priorseg
