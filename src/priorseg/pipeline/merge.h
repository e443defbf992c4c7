#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/pipeline/segmentation.h"

namespace priorseg {

/// Joins the output folders of all shards of a job into one like that of a single job with all images:
/// tables, report, manifest, provenance and coco.json are written, and what images have as files of their own
/// (label maps, overlays, further forms) stands there as a second name of the same file, or as a copy where
/// the file system does not give second names. The report has no shapes and no pictures without outlines. The
/// shards' folders stay as they are.
///
/// @param folders  of all shards, in any order.
/// @param output   another folder; what priorseg did not write there is not replaced.
/// @param command_line   as the user gave it, for the report.
/// @param plate_pattern  as PlatePattern takes it.
/// @throws Error where a folder holds no shard, is in use, or is not finished; where shards are missing, are
///         there twice, or are of other images, another model, other settings or another version.
BatchResult merge_shards(const std::vector<std::filesystem::path>& folders,
                         const std::filesystem::path& output, const std::string& command_line,
                         const std::string& plate_pattern, Observer& observer);

}  // namespace priorseg
