#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "priorseg/output/provenance.h"
#include "priorseg/output/result_sink.h"
#include "priorseg/pipeline/output_folder.h"

namespace priorseg {

/// A form of an image that is asked for beside label map, overlay and table.
struct FurtherResult {
  std::filesystem::path file;  ///< of `folder`, not claimed yet
  std::unique_ptr<ResultSink> sink;
};

/// All that the plan of `folder` asks for.
/// @param image  that is read.
/// @param stem   image_stem() of it.
std::vector<FurtherResult> further_results(const std::filesystem::path& image, const ImageReader& reader,
                                           const std::string& stem, const Provenance& made_with,
                                           const OutputFolder& folder);

}  // namespace priorseg
