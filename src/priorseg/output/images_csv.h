#pragma once

#include <filesystem>
#include <vector>

#include "priorseg/output/report.h"

namespace priorseg {

/// Writes the table of the images of a report, one row an image, for programs that have to know which can be
/// trusted: image, objects, verdict (name_of(Trust), or "failed"), reason (the first one, or why it failed),
/// mean_score, mean_quality, standing_out, explained, supported, agreement (ImageEvidence; empty = unknown)
/// and left_out. Names are written as in ObjectsCsv. The file appears whole.
/// @throws Error where it cannot be written.
void write_images_csv(const std::filesystem::path& path, const std::vector<ReportImage>& images);

}  // namespace priorseg
