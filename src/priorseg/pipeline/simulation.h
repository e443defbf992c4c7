#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "priorseg/core/observer.h"
#include "priorseg/data/simulator.h"

namespace priorseg {

/// Writes simulated images with their true label maps: folder/images/sim_000.tif ..., folder/labels/ with the
/// same names, and folder/settings.json. The same settings and seed give the same files.
///
/// @param preset  that the settings started from; told in settings.json.
/// @param count   images, >= 1.
/// @return        number of objects in all images.
/// @throws Error where images/ or labels/ hold files already, or settings.json is of something else. Stopped
/// between two images.
int64_t write_simulated_images(const SimulatorOptions& simulator, const std::string& preset, int64_t count,
                               uint64_t seed, const std::filesystem::path& folder, Observer& observer);

}  // namespace priorseg
