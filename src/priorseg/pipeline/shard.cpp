#include "priorseg/pipeline/shard.h"

#include <c10/util/hash.h>

#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

/// Of the names of the results: folders may have other names on other machines.
std::string hash_of_list(const std::vector<fs::path>& images) {
  std::string names;
  for (const auto& stem : output_stems(images)) names += stem + "\n";
  return "sha1:" + c10::sha1(names).str();
}

}  // namespace

Shard parse_shard(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto number = std::from_chars(text.data(), end, shard.number);
  const bool has_slash = number.ec == std::errc() && number.ptr != end && *number.ptr == '/';
  const auto count = std::from_chars(has_slash ? number.ptr + 1 : end, end, shard.count);
  if (has_slash && count.ec == std::errc() && count.ptr == end && shard.number >= 1 &&
      shard.number <= shard.count)
    return shard;
  throw Error("'" + text + "' is no shard, expected K/N with 1 <= K <= N, e.g. 2/8: the second of eight");
}

FolderPlan plan_of_shard(const std::vector<fs::path>& images, const Shard& shard) {
  const auto stems = output_stems(images);
  FolderPlan plan;
  plan.shard = shard;
  for (auto i = static_cast<size_t>(shard.number - 1); i < images.size();
       i += static_cast<size_t>(shard.count)) {
    plan.images.push_back(images[i]);
    plan.stems.push_back(stems[i]);
  }
  return plan;
}

ShardRecord ShardRecord::of(const Shard& shard, const std::vector<fs::path>& images,
                            const PlaneChoice& planes, const FurtherForms& forms,
                            const nlohmann::json& settings) {
  std::string save;
  for (const auto form : forms) save += std::string(save.empty() ? "" : ",") + name_of(form);
  const nlohmann::json chosen = {{"channel", planes.channel}, {"project", name_of(planes.project)},
                                 {"z", planes.slices},        {"t", planes.frames},
                                 {"axes", planes.axes},       {"level", planes.level},
                                 {"region", planes.region},   {"mask", planes.mask.filename().string()}};
  return {shard,
          std::ssize(images),
          hash_of_list(images),
          {{"save", save}, {"planes", chosen}, {"settings", settings}}};
}

std::optional<ShardRecord> read_shard_record(const OutputPaths& folder) {
  const fs::path path = folder.shard_record();
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  try {
    const auto json = nlohmann::json::parse(file);
    return ShardRecord{parse_shard(json.at("shard").get<std::string>()), json.at("images").get<int64_t>(),
                       json.at("list").get<std::string>(), json.at("job")};
  } catch (const nlohmann::json::exception&) {
    throw Error(path.string() +
                " is no record of a shard as this version of priorseg writes it; give another "
                "output folder");
  }
}

void check_shard(const OutputPaths& folder, const Shard& shard, const std::vector<fs::path>& images) {
  const auto before = read_shard_record(folder);
  if (!before) return;
  const bool is_same_share = before->shard.number == shard.number && before->shard.count == shard.count &&
                             before->num_images == std::ssize(images) && before->list == hash_of_list(images);
  if (is_same_share) return;
  throw Error(folder.root.string() + " holds shard " + before->shard.text() + " of " +
              std::to_string(before->num_images) + " images, not shard " + shard.text() + " of these " +
              std::to_string(images.size()) + " images; give each shard an output folder of its own with -o");
}

void note_shard(OutputFolder& folder, const ShardRecord& record) {
  const nlohmann::json json = {{"shard", record.shard.text()},
                               {"images", record.num_images},
                               {"list", record.list},
                               {"job", record.job}};
  write_text_atomically(folder.claim(folder.shard_record()), json.dump(1) + "\n");
}

}  // namespace priorseg
