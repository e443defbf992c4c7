#pragma once

#include <map>
#include <string>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/maskrcnn/mask_rcnn.h"
#include "priorseg/output/provenance.h"
#include "priorseg/pipeline/output_folder.h"

namespace priorseg {

/// What results are made with by a model and inference options. The model is known by the SHA-1 of its file
/// as this version writes it: that of model.safetensors, unless an earlier version wrote that. It is written
/// into the folder for an instant, under a temporary name.
/// @throws Error where it cannot be written.
Provenance provenance_of(const Detector& detector, const InferenceOptions& inference,
                         const OutputPaths& folder);
Provenance provenance_of(const MaskRcnn& model, const BaselineInferenceOptions& inference,
                         const OutputPaths& folder);

/// Notes in provenance.json with what images are segmented: {"runs": [{"program": ..., "model": ...,
/// "settings": ..., "images": ["a01", ...]}]}. Each image stands in the last run that it was given to.
/// @param stems  of the images that are segmented next.
void note_provenance(OutputFolder& folder, const std::vector<std::string>& stems,
                     const Provenance& made_with);

/// What provenance.json notes of each image, by its name in tables. Empty where there is no such file, or it
/// holds something else.
std::map<std::string, Provenance> noted_provenance(const OutputPaths& folder);

}  // namespace priorseg
