#pragma once

#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_input.h"
#include "priorseg/output/report.h"

namespace priorseg {

/// Looks at some of the images before a training, and puts what it finds into the settings: what is looked at
/// (choose_appearance), the object sizes where they are to be estimated (estimate_sizes), and the typical
/// object (measure_typical_object). Lines and doubts are told as they come up, doubts as warnings. The same
/// images give the same foreword.
///
/// @throws Error where no image can be read, or sizes are to be estimated and nothing stands out. Stopped.
Foreword look_ahead(const std::vector<ImageInput>& images, bool estimates_sizes, Settings& settings,
                    Observer& observer);

}  // namespace priorseg
