#include "priorseg/pipeline/merge.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/coco.h"
#include "priorseg/output/joined_objects.h"
#include "priorseg/output/manifest.h"
#include "priorseg/pipeline/batch_of_folder.h"
#include "priorseg/pipeline/folder_lock.h"
#include "priorseg/pipeline/folder_record.h"
#include "priorseg/pipeline/provenance_record.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/shard.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// A folder that is merged.
struct ShardFolder {
  OutputPaths paths;
  ShardRecord record;
  nlohmann::json run;                  // of provenance.json, without its images; null where there are none
  std::vector<ManifestEntry> entries;  // all its images
  std::unique_ptr<FolderLock> lock;

  std::string name() const { return "shard " + record.shard.text() + " in " + paths.root.string(); }
};

/// What all images of a folder were made with.
nlohmann::json only_run_of(const ShardFolder& shard) {
  std::ifstream file(shard.paths.provenance(), std::ios::binary);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object() || !json.contains("runs") || json["runs"].size() != 1) {
    throw Error(shard.paths.provenance().string() +
                " does not tell one model and one set of settings for all images; segment " + shard.name() +
                " anew, into an empty folder");
  }
  auto run = json["runs"].front();
  run.erase("images");
  return run;
}

/// Those entries that are true: an image counts as done where the folder's record says so.
void check_shard_is_finished(ShardFolder& shard) {
  const FolderRecord record(shard.paths.own() / "files");
  std::erase_if(shard.entries, [&](const ManifestEntry& entry) {
    const auto finished = record.finished().find(entry.stem);
    return entry.image.failure.empty() &&
           (finished == record.finished().end() || finished->second.objects != entry.image.objects);
  });
  std::set<int64_t> indices;
  for (const auto& entry : shard.entries) indices.insert(entry.index);
  for (auto index = shard.record.shard.number; index <= shard.record.num_images;
       index += shard.record.shard.count)
    indices.erase(index);
  if (!indices.empty() || std::ssize(shard.entries) > shard.record.size()) {
    throw Error(shard.paths.root.string() + " holds more than shard " + shard.record.shard.text() +
                "; segment it anew, into an empty folder");
  }
  std::set<std::string> known;
  for (const auto& entry : shard.entries) known.insert(entry.stem);
  for (const auto& [stem, image] : record.finished())
    if (!known.contains(stem))
      throw Error(shard.paths.manifest().string() + " lacks " + utf8_or_escaped(stem) +
                  ", which is finished; segment " + shard.name() + " anew, into an empty folder");
  if (std::ssize(shard.entries) < shard.record.size()) {
    throw Error(shard.name() + " is not finished: " + std::to_string(shard.entries.size()) + " of " +
                std::to_string(shard.record.size()) +
                " images are done; give its priorseg segment line again, with --resume");
  }
}

ShardFolder open_shard(const fs::path& folder) {
  ShardFolder shard;
  shard.paths.root = folder.has_filename() ? folder : folder.parent_path();
  const auto record = read_shard_record(shard.paths);
  if (!record) {
    throw Error(folder.string() +
                " holds no shard, expected a folder that 'priorseg segment --shard K/N' wrote");
  }
  shard.record = *record;
  shard.lock = std::make_unique<FolderLock>(shard.paths.root, shard.paths.own());
  shard.entries = read_manifest(shard.paths.manifest());
  check_shard_is_finished(shard);
  if (!shard.entries.empty()) shard.run = only_run_of(shard);
  return shard;
}

void check_shards_fit(const std::vector<ShardFolder>& shards) {
  const ShardFolder& first = shards.front();
  const auto with_run =
      std::find_if(shards.begin(), shards.end(), [](const auto& s) { return !s.run.is_null(); });
  std::set<int64_t> there;
  for (const auto& shard : shards) {
    const auto refuse = [&](const ShardFolder& other, const std::string& what) {
      throw Error(other.name() + " and " + shard.name() + " " + what);
    };
    if (shard.record.list != first.record.list || shard.record.num_images != first.record.num_images)
      refuse(first, "are of other lists of images; segment all shards of one list of images");
    if (shard.record.shard.count != first.record.shard.count)
      refuse(first, "divide the images into another number of shards; segment all with the same N of K/N");
    if (!there.insert(shard.record.shard.number).second)
      throw Error("shard " + shard.record.shard.text() + " is there twice, once in " +
                  shard.paths.root.string() + "; give each shard once");
    if (!shard.run.is_null()) {
      for (const auto& [key, what] :
           {std::pair{"program", "versions of priorseg"}, {"model", "models"}, {"settings", "settings"}})
        if (shard.run.value(key, nlohmann::json()) != with_run->run.value(key, nlohmann::json()))
          refuse(*with_run, std::string("were made with other ") + what + "; segment one of them anew");
    }
    if (shard.record.job != first.record.job)
      refuse(first, "were made with other options; segment one of them anew");
  }
  std::string missing;
  int64_t num_missing = 0;
  for (int64_t number = 1; number <= first.record.shard.count; ++number)
    if (!there.contains(number) && ++num_missing <= 10)
      missing += (missing.empty() ? "" : ", ") + std::to_string(number);
  if (num_missing > 0) {
    throw Error("of " + std::to_string(first.record.shard.count) + " shards " + std::to_string(num_missing) +
                " are missing (number " + missing + (num_missing > 10 ? ", ..." : "") +
                "); give the folders of all shards");
  }
}

/// An image of one of the shards.
struct MergedImage {
  const ManifestEntry* entry;
  size_t shard;
};

std::vector<MergedImage> images_in_order(const std::vector<ShardFolder>& shards) {
  std::vector<MergedImage> images;
  for (size_t i = 0; i < shards.size(); ++i)
    for (const auto& entry : shards[i].entries) images.push_back({&entry, i});
  std::sort(images.begin(), images.end(),
            [](const auto& a, const auto& b) { return a.entry->index < b.entry->index; });
  return images;
}

/// A second name of a file, or of all files of a folder; copies where the file system gives none.
void give_second_name(const fs::path& from, const fs::path& to) {
  PartialFile place(to);
  std::error_code error;
  const auto link_or_copy = [&](const fs::path& file, const fs::path& target) {
    fs::create_hard_link(file, target, error);
    if (error) fs::copy_file(file, target, fs::copy_options::overwrite_existing);
  };
  try {
    if (!fs::is_directory(from)) {
      link_or_copy(from, place.temporary());
    } else {
      fs::create_directories(place.temporary());
      for (const auto& file : fs::recursive_directory_iterator(from)) {
        const fs::path target = place.temporary() / file.path().lexically_relative(from);
        if (file.is_directory())
          fs::create_directories(target);
        else
          link_or_copy(file.path(), target);
      }
    }
  } catch (const fs::filesystem_error& failure) {
    throw Error("cannot take " + from.string() + " over as " + to.string() + ": " + failure.code().message());
  }
  place.commit();
}

/// The files that an image has for itself.
void take_files_over(const MergedImage& image, const ShardFolder& shard, const FurtherForms& forms,
                     OutputFolder& folder) {
  const std::string& stem = image.entry->stem;
  auto all = forms;
  all.insert({ResultForm::kLabels, ResultForm::kOverlay});
  for (const auto form : all) {
    fs::path from = shard.paths.image_file(form, stem), to = folder.image_file(form, stem);
    if (form == ResultForm::kCtc && fs::is_directory(shard.paths.ctc_sequence(stem)))
      from = shard.paths.ctc_sequence(stem), to = folder.ctc_sequence(stem);
    if (from.empty()) continue;
    if (!fs::exists(from))
      throw Error(from.string() + " is missing; segment " + shard.name() + " again, with --resume");
    give_second_name(from, folder.claim(to));
  }
  folder.finish_image(stem, image.entry->image.objects);
}

FolderPlan plan_of_merge(const std::vector<MergedImage>& images, const FurtherForms& forms) {
  FolderPlan plan;
  for (const auto& image : images) {
    plan.images.emplace_back(image.entry->image.name);
    plan.stems.push_back(image.entry->stem);
  }
  // The others are there or not, as the shards have them.
  if (forms.contains(ResultForm::kCoco)) plan.forms = {ResultForm::kCoco};
  return plan;
}

void check_output(const std::vector<fs::path>& folders, const fs::path& output) {
  std::error_code error;
  for (const auto& folder : folders)
    if (fs::equivalent(folder, output, error))
      throw Error(output.string() +
                  " is one of the shards, expected another folder for all of them; give -o");
}

/// Nothing of other images may stand beside.
void check_only_these(const std::vector<MergedImage>& images, const OutputFolder& folder) {
  std::set<std::string> stems;
  for (const auto& image : images) stems.insert(image.entry->stem);
  for (const auto& [stem, objects] : folder.objects_of_images())
    if (!stems.contains(stem))
      throw Error(folder.root.string() + " holds results of other images (" + utf8_or_escaped(stem) +
                  "), expected an empty folder or an earlier merge of the same; give another with -o");
}

void merge_tables(const std::vector<ShardFolder>& shards, const std::vector<MergedImage>& images,
                  OutputFolder& folder) {
  std::vector<fs::path> tables;
  for (const auto& shard : shards) tables.push_back(shard.paths.objects());
  std::vector<std::pair<std::string, size_t>> rows;
  for (const auto& image : images)
    if (image.entry->image.failure.empty()) rows.emplace_back(image.entry->stem, image.shard);
  join_objects_csv(folder.claim(folder.objects()), tables, rows);
  Manifest manifest(folder.claim(folder.manifest()), {});
  for (const auto& image : images) manifest.add(*image.entry);
}

void merge_coco(const Provenance& made_with, OutputFolder& folder) {
  if (!folder.forms().contains(ResultForm::kCoco)) return;
  std::vector<fs::path> parts;
  for (const auto& stem : folder.images_of_coco()) parts.push_back(folder.coco_part(stem));
  join_coco_parts(folder.claim(folder.coco()), parts, made_with);
}

}  // namespace

BatchResult merge_shards(const std::vector<fs::path>& folders, const fs::path& output,
                         const std::string& command_line, const std::string& plate_pattern,
                         Observer& observer) {
  const auto start = std::chrono::steady_clock::now();
  check_output(folders, output);
  std::vector<ShardFolder> shards;
  for (const auto& folder : folders) shards.push_back(open_shard(folder));
  check_shards_fit(shards);
  const auto images = images_in_order(shards);
  const auto& job = shards.front().record.job;
  const auto forms = parse_further_forms(job.at("save").get<std::string>());
  const auto plan = plan_of_merge(images, forms);
  OutputFolder folder(output, plan, observer);
  check_only_these(images, folder);
  folder.begin_images();

  Provenance made_with;
  for (const auto& shard : shards) {
    if (shard.run.is_null()) continue;
    made_with = {shard.run.value("model", ""), shard.run.value("settings", nlohmann::json())};
    if (shard.run.value("program", "") != program_name())
      throw Error(shard.name() + " was made with " + shard.run.value("program", "") + ", expected " +
                  program_name() + "; merge with that version, or segment anew with this one");
  }
  note_provenance(folder, plan.stems, made_with);
  merge_tables(shards, images, folder);
  for (size_t i = 0; i < images.size(); ++i) {
    observer.check_stop();
    if (images[i].entry->image.failure.empty())
      take_files_over(images[i], shards[images[i].shard], forms, folder);
    observer.progress({"merge", static_cast<int64_t>(i) + 1, std::ssize(images), {}});
  }
  merge_coco(made_with, folder);
  std::vector<ManifestEntry> entries;
  for (const auto& image : images) entries.push_back(*image.entry);
  auto batch = batch_of_folder(entries, folder, kReportPictures);
  judge(batch, false);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  write_batch_report(batch, job.at("settings"), folder,
                     {"priorseg merge", command_line, seconds, {}, plate_pattern}, observer);
  return batch;
}

}  // namespace priorseg
