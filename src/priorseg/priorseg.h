#pragma once

// The supported public part of the library. Other headers may change with every version and are not installed
// unless one of these includes them.
//
// Segment an image: Detector::load, read_image, Detector::find, compose_label_map, write_label_map.
// The whole job, from raw images to outlines: run.

#include "priorseg/core/error.h"
#include "priorseg/core/observer.h"
#include "priorseg/core/version.h"
#include "priorseg/data/image_list.h"
#include "priorseg/detector/detector.h"
#include "priorseg/detector/settings.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/label_map.h"
#include "priorseg/output/measurements.h"
#include "priorseg/pipeline/calibration.h"
#include "priorseg/pipeline/prior.h"
#include "priorseg/pipeline/run.h"
#include "priorseg/pipeline/scoring.h"
#include "priorseg/pipeline/segmentation.h"
#include "priorseg/pipeline/simulation.h"
#include "priorseg/pipeline/sizes.h"
#include "priorseg/prior/shape_prior.h"
