#pragma once

#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/detector.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_input.h"
#include "priorseg/pipeline/output_folder.h"

namespace priorseg {

/// Trains a detector on raw images and writes checkpoints, previews, losses.csv and model.safetensors into
/// `folder`. Goes on from the folder's checkpoint, if there is one; uses the folder's model as it is if it is
/// trained to the end with the same settings. `restart` ignores both. Images that cannot be read are reported
/// and left out.
/// @param device  as find_device takes it.
/// @throws Error where no image can be read, or the checkpoint belongs to other settings. Stopped after a
/// checkpoint was written, and what was learned so far (OutputPaths::unfinished_model).
Detector train_detector(const std::vector<ImageInput>& images, const ShapePrior& prior,
                        const Settings& settings, OutputFolder& folder, bool restart,
                        const std::string& device, Observer& observer);

}  // namespace priorseg
