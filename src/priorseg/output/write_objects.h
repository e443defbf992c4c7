#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/core/result_form.h"
#include "priorseg/output/provenance.h"
#include "priorseg/output/result_sink.h"

namespace priorseg {

/// What writes an image in a further form.
/// @param form   none of those that are always written (parse_further_forms).
/// @param file   that it writes; of COCO a part for join_coco_parts().
/// @param image  its file name.
/// @param shape  of a film or a stack, whose pictures come one after the other (ResultSink::begin_picture).
std::unique_ptr<ResultSink> make_sink(ResultForm form, const std::filesystem::path& file,
                                      const std::string& image, const ImageInfo& info,
                                      const Provenance& made_with, const StackShape& shape = {});

/// Writes the objects of a label map that is at hand, for instance one that was corrected, in one further
/// form. Labels may have any number of parts, and gaps between their numbers.
///
/// @param file    that is written, atomically; one that is there is replaced.
/// @param labels  [H,W] int32, >= 0.
/// @param image   that was segmented: its pixels [C,H,W] are measured, its pixel size is kept.
/// @param name    file name of the image, for COCO.
/// @param scores  of label l at entry l - 1; may be empty (unknown).
/// @throws Error on a shape or dtype mismatch, or where the file cannot be written.
void write_objects(ResultForm form, const std::filesystem::path& file, const torch::Tensor& labels,
                   const Image& image, const std::string& name, const std::vector<float>& scores,
                   const Provenance& made_with);

}  // namespace priorseg
