#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace priorseg {

/// Joins tables of ObjectsCsv into the one that a single job would have written: the rows of `images` in
/// their order; columns of channels in the order in which the rows bring them, empty where an image lacks the
/// channel. Rows of other images are left out. All rows are held in memory; the file appears whole.
///
/// @param tables  files that ObjectsCsv wrote.
/// @param images  name of each image (output_stems) and the index of its table.
/// @throws Error where the file cannot be written.
void join_objects_csv(const std::filesystem::path& path, const std::vector<std::filesystem::path>& tables,
                      const std::vector<std::pair<std::string, size_t>>& images);

}  // namespace priorseg
