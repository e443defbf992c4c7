// Shares of the images in folders of their own (segment --shard), and priorseg merge, which joins them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/tiny_job.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;

namespace fs = std::filesystem;

/// The lines of a manifest without what differs between runs.
std::vector<std::string> manifest_of(const fs::path& folder) {
  std::vector<std::string> lines;
  std::istringstream text(read_text(folder / "manifest.jsonl"));
  for (std::string line; std::getline(text, line);) {
    auto entry = nlohmann::json::parse(line);
    EXPECT_TRUE(entry.contains("finished"));
    entry.erase("finished");
    entry.erase("seconds");
    lines.push_back(entry.dump());
  }
  return lines;
}

class Merge : public testing::Test {
 protected:
  Merge() {
    for (int i = 0; i < 3; ++i) {
      for (const char* name : {"sim_000.tif", "sim_001.tif"}) {
        fs::create_directories(folder_ / "images");
        fs::copy(workshop_.images() / fs::path(name),
                 folder_ / ("images/P1_A0" + std::to_string(i + 1) + "_" + name));
      }
    }
    write_text(folder_ / "images/broken.tif", "this is no image");
  }

  ProgramResult segment(const std::string& out, const Words& more = {}) const {
    return run_program(Words{"segment", (folder_ / "images").string(), "--model", workshop_.model(), "-q",
                             "--threads", "1", "-o", (folder_ / out).string()} +
                       more);
  }
  /// Three shards, s1 to s3.
  void segment_shards(const Words& more = {}) const {
    for (const std::string number : {"1", "2", "3"}) {
      const auto result = segment("s" + number, more + Words{"--shard", number + "/3"});
      ASSERT_TRUE(is_done(result) || result.exit_code == 1) << result.err;
    }
  }
  Words merge(const std::vector<std::string>& folders) const {
    Words words = {"merge", "-q"};
    for (const auto& folder : folders) words.push_back((folder_ / folder).string());
    return words + Words{"-o", (folder_ / "merged").string()};
  }
  fs::path at(const std::string& name) const { return folder_ / name; }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(Merge, OfShardsIsWhatOneJobWrites) {
  const Words save = {"--save", "coco,rois,ome-zarr"};
  EXPECT_EQ(segment("one", save).exit_code, 1);
  segment_shards(save);
  const auto result = run_program(merge({"s2", "s3", "s1"}));
  EXPECT_EQ(result.exit_code, 1);  // as that of one job: an image is broken
  EXPECT_THAT(result.err, HasSubstr("1 of 7 images failed"));
  int compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(at("one"))) {
    const auto name = entry.path().lexically_relative(at("one"));
    if (!entry.is_regular_file() || name == "report.html" || name == "manifest.jsonl" ||
        name.begin()->string() == ".priorseg")
      continue;
    EXPECT_EQ(read_text(entry.path()), read_text(at("merged") / name)) << name;
    ++compared;
  }
  EXPECT_GT(compared, 6 * 3 + 5);
  EXPECT_EQ(manifest_of(at("merged")), manifest_of(at("one")));
  EXPECT_THAT(read_text(at("merged/report.html")), AllOf(HasSubstr("broken.tif"), HasSubstr("sim_001.tif")));
}

TEST_F(Merge, GivesAFolderThatGoesOn) {
  segment_shards();
  run_program(merge({"s1", "s2", "s3"}));
  fs::copy(workshop_.images() / fs::path("sim_000.tif"), at("images/later.tif"));
  fs::remove(at("images/broken.tif"));
  const auto result = segment("merged", {"--resume"});
  EXPECT_TRUE(is_done(result));
  EXPECT_THAT(result.err, HasSubstr("6 images were finished before"));
  run_program(merge({"s1", "s2", "s3"}));  // nothing changed in the shards
  EXPECT_EQ(read_text(at("s1/labels/P1_A01_sim_000.tif")), read_text(at("merged/labels/P1_A01_sim_000.tif")));
}

TEST_F(Merge, TellsWhatIsMissingOrTwiceThere) {
  segment_shards();
  fs::copy(at("s2"), at("again"), fs::copy_options::recursive);
  EXPECT_THAT(fail(merge({"s1", "s3"})), HasSubstr("of 3 shards 1 are missing (number 2)"));
  EXPECT_THAT(fail(merge({"s1", "s2", "again"})), HasSubstr("shard 2/3 is there twice"));
  EXPECT_THAT(fail(merge({"s1", "images"})), HasSubstr("holds no shard"));
  EXPECT_FALSE(fs::exists(at("merged")));
}

TEST_F(Merge, RefusesOtherSettingsModelsAndImages) {
  segment_shards();
  segment("low", {"--shard", "3/3", "--presence", "0.05"});
  EXPECT_THAT(fail(merge({"s1", "s2", "low"})), HasSubstr("made with other settings"));
  segment("rois", {"--shard", "3/3", "--save", "rois"});
  EXPECT_THAT(fail(merge({"s1", "s2", "rois"})), HasSubstr("made with other options"));
  segment("fourth", {"--shard", "3/4"});
  EXPECT_THAT(fail(merge({"s1", "s2", "fourth"})), HasSubstr("another number of shards"));
  fs::remove(at("images/broken.tif"));
  segment("fewer", {"--shard", "3/3"});
  EXPECT_THAT(fail(merge({"s1", "s2", "fewer"})), HasSubstr("other lists of images"));
}

TEST_F(Merge, RefusesShardsThatAreNotFinishedUntilTheyAreResumed) {
  segment_shards();
  // Killed in the middle of the line that tells of its second image.
  const auto text = read_text(at("s1/manifest.jsonl"));
  write_text(at("s1/manifest.jsonl"), text.substr(0, text.find('\n') + 20));
  write_text(at("s1/.priorseg/files"), read_text(at("s1/.priorseg/files")) + "open P1_A02_sim_001\n");
  EXPECT_THAT(fail(merge({"s1", "s2", "s3"})), AllOf(HasSubstr("shard 1/3"), HasSubstr("1 of 3 images")));
  const auto untouched = fs::last_write_time(at("s1/labels/P1_A01_sim_000.tif"));
  const auto result = segment("s1", {"--shard", "1/3", "--resume"});
  EXPECT_THAT(result.err, HasSubstr("were finished before"));
  EXPECT_EQ(run_program(merge({"s1", "s2", "s3"})).exit_code, 1);
  EXPECT_EQ(fs::last_write_time(at("s1/labels/P1_A01_sim_000.tif")), untouched);
  EXPECT_EQ(count_lines(read_text(at("merged/manifest.jsonl"))), 7);
}

TEST_F(Merge, RefusesAShardThatLostItsManifest) {
  segment_shards();
  fs::remove(at("s1/manifest.jsonl"));
  segment("s1", {"--shard", "1/3", "--resume"});
  EXPECT_THAT(fail(merge({"s1", "s2", "s3"})), HasSubstr("into an empty folder"));
}

TEST_F(Merge, TakesShardsWithoutImages) {
  for (const char* name :
       {"broken.tif", "P1_A02_sim_000.tif", "P1_A02_sim_001.tif", "P1_A03_sim_000.tif", "P1_A03_sim_001.tif"})
    fs::remove(at("images") / name);
  segment_shards();
  EXPECT_TRUE(is_done(run_program(merge({"s1", "s2", "s3"}))));
  segment("one");
  EXPECT_EQ(read_text(at("merged/objects.csv")), read_text(at("one/objects.csv")));
}

TEST_F(Merge, AFolderHoldsOneShard) {
  segment("s1", {"--shard", "1/3"});
  EXPECT_THAT(segment("s1", {"--shard", "2/3"}).err, HasSubstr("holds shard 1/3 of 7 images"));
  EXPECT_EQ(segment("s1").exit_code, 1);
  EXPECT_EQ(segment("s4", {"--shard", "4/3"}).exit_code, 2);
  EXPECT_EQ(segment("s4", {"--shard", "1/3", "--link"}).exit_code, 1);
  EXPECT_FALSE(fs::exists(at("s4")));
}

TEST_F(Merge, JobsOfASlurmArrayTakeTheirShareAndTellIt) {
  const auto job = [&](const std::string& task, const Words& more = {}) {
    Words words = {"SLURM_ARRAY_TASK_ID=" + task,
                   "SLURM_ARRAY_TASK_COUNT=3",
                   "SLURM_ARRAY_TASK_MIN=5",
                   PRIORSEG_PROGRAM,
                   "segment",
                   at("images").string(),
                   "--model",
                   workshop_.model(),
                   "-q",
                   "--threads",
                   "1",
                   "-o",
                   at("job").string()};
    return run_program_at("/usr/bin/env", words + more);
  };
  EXPECT_THAT(job("6").err, HasSubstr("--shard 2/3 of 7 images"));
  EXPECT_THAT(read_text(at("job/.priorseg/shard.json")), HasSubstr("\"2/3\""));
  EXPECT_EQ(count_lines(read_text(at("job/manifest.jsonl"))), 2);
  EXPECT_THAT(job("9").err, HasSubstr("give --shard K/N"));
  fs::remove_all(at("job"));
  EXPECT_THAT(job("6", {"--shard", "1/1"}).err, Not(HasSubstr("array")));
  EXPECT_EQ(count_lines(read_text(at("job/manifest.jsonl"))), 7);
}

}  // namespace
}  // namespace priorseg::test
