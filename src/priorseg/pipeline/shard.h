#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "priorseg/core/result_form.h"
#include "priorseg/image/plane_choice.h"
#include "priorseg/pipeline/output_folder.h"

namespace priorseg {

/// Parses "K/N", e.g. "2/8". @throws Error unless 1 <= K <= N.
Shard parse_shard(const std::string& text);

/// A plan with the share that a shard has of `images`: every N-th one from the K-th on, so that shards have
/// alike work where images lie in order of size or time. Names of results are those of a job with all images.
/// @throws Error as output_stems.
FolderPlan plan_of_shard(const std::vector<std::filesystem::path>& images, const Shard& shard);

/// What a folder keeps of the shard that it holds, in OutputPaths::shard_record().
struct ShardRecord {
  Shard shard;
  int64_t num_images = 0;  ///< of all shards together
  std::string list;        ///< "sha1:..." of the names of all images in their order
  nlohmann::json job;      ///< all else that shards have to have in common: settings, planes, forms

  /// @param images    of all shards.
  /// @param planes    of their files.
  /// @param forms     that each image gets beside label map and overlay.
  /// @param settings  settings_for_report().
  static ShardRecord of(const Shard& shard, const std::vector<std::filesystem::path>& images,
                        const PlaneChoice& planes, const FurtherForms& forms, const nlohmann::json& settings);
  /// Images of this shard.
  int64_t size() const { return (num_images - shard.number + shard.count) / shard.count; }
};

/// @throws Error where the file is there and no such record.
std::optional<ShardRecord> read_shard_record(const OutputPaths& folder);

/// @throws Error where `folder` holds another shard: its images would be taken for those of this one.
/// @param images  of all shards.
void check_shard(const OutputPaths& folder, const Shard& shard,
                 const std::vector<std::filesystem::path>& images);

void note_shard(OutputFolder& folder, const ShardRecord& record);

}  // namespace priorseg
