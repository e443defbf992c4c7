#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "output_folder.h"
#include "priorseg/core/progress.h"
#include "priorseg/detector/detector.h"
#include "priorseg/detector/settings.h"

namespace priorseg::program {

/// Trains a detector on raw images and writes checkpoints, previews, losses.csv and model.safetensors into
/// `folder`. Goes on from the folder's checkpoint, if there is one; uses the folder's model as it is if it is
/// trained to the end with the same settings. `restart` ignores both. Images that cannot be read are reported
/// and left out.
/// @param device  as find_device takes it.
/// @throws Error where no image can be read, or the checkpoint belongs to other settings.
Detector train_detector(const std::vector<std::filesystem::path>& images, const ShapePrior& prior,
                        const Settings& settings, const OutputFolder& folder, bool restart,
                        const std::string& device, const ProgressCallback& progress);

/// Writes settings.json.
void write_settings(const Settings& settings, const OutputFolder& folder);

}  // namespace priorseg::program
