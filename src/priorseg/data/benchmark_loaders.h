#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "priorseg/data/benchmark.h"

// The loaders behind load_benchmark, one a data set, and what they share.
namespace priorseg {

Benchmark load_bbbc006(const std::filesystem::path& folder);
Benchmark load_bbbc039(const std::filesystem::path& folder);
Benchmark load_fluo_sim(const std::filesystem::path& folder);
Benchmark load_phc_psc(const std::filesystem::path& folder);
Benchmark load_simulated_hl60(const std::filesystem::path& folder);
Benchmark load_image_folder(const std::filesystem::path& folder, const FolderSplit& split);

/// folder/name, or folder/name/name: some programs unpack an archive into a folder of its name.
/// @throws Error where neither is a folder. @param expected  what the folder should be, for the message.
std::filesystem::path unpacked_folder(const std::filesystem::path& folder, const std::string& name,
                                      const std::string& expected);

/// The files directly in a folder, hidden ones left out, in natural order.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder);

/// "a, b, c, ..." @param names  not empty.
std::string first_names(const std::vector<std::string>& names);

/// "a01_s1 ... b24_s2 (96)"
std::string range_text(const std::vector<BenchmarkImage>& images);

}  // namespace priorseg
