#pragma once

#include <filesystem>
#include <vector>

#include "priorseg/core/progress.h"
#include "priorseg/detector/settings.h"

namespace priorseg::program {

/// Estimates the object sizes from some of the images, tells them, and puts them into the settings. The same
/// images give the same sizes.
/// @throws Error where no image can be read or nothing stands out of them.
void estimate_sizes(const std::vector<std::filesystem::path>& images, Settings& settings,
                    const ProgressCallback& progress);

}  // namespace priorseg::program
