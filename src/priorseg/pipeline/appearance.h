#pragma once

#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_input.h"

namespace priorseg {

/// Chooses what of the images is looked at (`intensity.channel`) and the polarity of their objects
/// (`intensity.polarity`) from some of them, where the settings say 'auto'; tells it and why, and puts it
/// into the settings, with `intensity.white` where objects absorb light. One choice for all images, because a
/// training on both polarities would learn neither; with a polarity that was chosen, single images that show
/// the other one are looked at in that when they are segmented (InferenceOptions::other_polarity). The same
/// images give the same choice.
///
/// @throws Error where no image can be read.
void choose_appearance(const std::vector<ImageInput>& images, Settings& settings, Observer& observer);

}  // namespace priorseg
