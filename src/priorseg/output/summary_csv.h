#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "priorseg/core/plate_names.h"

namespace priorseg {

/// Writes a table of the images, wells and plates of an output folder, and of all of it: level ("image",
/// "well", "plate" or "all"), Metadata_Plate, _Well, _Site and _Channel, image, Count_Images, Count_Objects,
/// and mean and standard deviation (that of the sample) over the objects for every column of the table of
/// objects but those that say where an object lies. Rows of wells and plates are there where names of images
/// tell them; images of several channels of a site count one by one. The file appears whole.
///
/// @param objects  the table that ObjectsCsv wrote; it is read in one go.
/// @param images   how many objects each image has, by its name in that table.
/// @throws Error where it cannot be written.
void write_summary_csv(const std::filesystem::path& path, const std::filesystem::path& objects,
                       const std::map<std::string, int64_t>& images, const PlatePattern& pattern);

}  // namespace priorseg
