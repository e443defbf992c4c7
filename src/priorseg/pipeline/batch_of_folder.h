#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/output/manifest.h"
#include "priorseg/pipeline/output_paths.h"
#include "priorseg/pipeline/segmentation.h"

namespace priorseg {

/// What the report needs to know of images that were finished before, from what stands in their folder:
/// objects.csv and overlays. There are no pictures without outlines, and no verdicts yet.
///
/// @param entries  of the manifest, in the order of the report; what objects.csv has of other images is
/// passed
///                 over.
/// An image whose overlay is gone has no picture.
/// @throws Error where a table or an overlay cannot be read.
BatchResult batch_of_folder(const std::vector<ManifestEntry>& entries, const OutputPaths& folder,
                            int64_t report_pictures);

/// The batch of a call that went on with a folder, and of the images of its list that were finished before.
/// Images of the call keep their pictures. Images of which the manifest tells nothing are left out, and that
/// is told.
///
/// @param batch  of the call.
/// @param stems  of its images, in their order.
/// @param all_stems  of the whole list.
BatchResult with_earlier_images(const BatchResult& batch, const std::vector<std::string>& stems,
                                const std::set<std::string>& all_stems, const OutputPaths& folder,
                                int64_t report_pictures, Observer& observer);

}  // namespace priorseg
