#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_input.h"
#include "priorseg/prior/shape_prior.h"

namespace priorseg {

/// Trains a prior on synthetic outlines.
ShapePrior make_synthetic_prior(const Settings& settings, Observer& observer);

/// Trains a prior on the object masks of label maps (one annotated image is enough).
/// @throws Error where a file is no label map or no object is usable.
ShapePrior learn_prior(const std::vector<LabelMapInput>& label_maps, const Settings& settings,
                       Observer& observer);

/// What ShapePrior::origin() says of a prior that the calls above make: equal text, equal prior.
std::string synthetic_origin(const Settings& settings);
std::string learned_origin(const std::vector<LabelMapInput>& label_maps, const Settings& settings);

/// The prior of a folder if it is what the calls above would make with these settings, else a new one.
/// @param label_maps  to learn from; none = synthetic outlines.
/// @param restart     make a new one in any case.
ShapePrior obtain_prior(const std::vector<LabelMapInput>& label_maps, const Settings& settings,
                        const std::filesystem::path& saved, bool restart, Observer& observer);

/// PNG bytes of shapes it was trained on beside shapes it draws.
std::string prior_contact_sheet(const ShapePrior& prior, uint64_t seed);

}  // namespace priorseg
