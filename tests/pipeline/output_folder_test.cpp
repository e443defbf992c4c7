#include "priorseg/pipeline/output_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>

#include "priorseg/output/objects_csv.h"
#include "support/error_message.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using test::error_message;
using test::read_text;
using test::RecordingObserver;
using test::write_text;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void make_file(const fs::path& path, const std::string& text = "the user's") {
  fs::create_directories(path.parent_path());
  write_text(path, text);
}

std::vector<ObjectMeasurements> objects(int count) {
  std::vector<ObjectMeasurements> found(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) found[static_cast<size_t>(i)].label = i + 1;
  return found;
}

class OutputFolderTest : public testing::Test {
 protected:
  fs::path image(const std::string& name) {
    const fs::path path = folder_ / ("images/" + name);
    if (!fs::exists(path)) make_file(path, "pixels");
    return path;
  }

  FolderPlan segments(const std::vector<std::string>& names, bool resume = false) {
    FolderPlan plan;
    for (const auto& name : names) plan.images.push_back(image(name));
    plan.resume = resume;
    return plan;
  }

  /// Does what segmenting does: each image gets as many objects as its name has letters before the dot, less
  /// one.
  void segment(const FolderPlan& plan, Observer& observer = nobody()) {
    OutputFolder folder(out_, plan, observer);
    const auto kept = folder.begin_images();
    ObjectsCsv csv(folder.claim(folder.objects()), kept);
    for (const auto& path : plan.images) {
      const std::string stem = path.stem().string();
      if (folder.finished_images().contains(stem)) continue;
      make_file(folder.claim(folder.overlay(stem)), "overlay");
      csv.add(stem, objects(static_cast<int>(stem.size()) - 1));
      make_file(folder.claim(folder.label_map(stem)), "labels of " + stem);
      folder.finish_image(stem, std::ssize(stem) - 1);
    }
    make_file(folder.claim(folder.report()), "<title>priorseg segment</title>");
  }

  std::set<std::string> finished(const FolderPlan& plan) {
    return OutputFolder(out_, plan).finished_images();
  }
  std::string opening(const FolderPlan& plan) {
    return error_message([&] { OutputFolder(out_, plan); });
  }

  const test::TemporaryFolder folder_;
  const fs::path out_ = folder_ / "out";
};

TEST_F(OutputFolderTest, WritesAndReplacesItsOwnFiles) {
  segment(segments({"a.tif", "bb.tif"}));
  EXPECT_EQ(read_text(out_ / "labels/bb.tif"), "labels of bb");
  EXPECT_EQ(opening(segments({"a.tif", "bb.tif"})), "no error");
  EXPECT_EQ(opening(segments({"a.tif", "ccc.tif"})), "no error");
}

TEST_F(OutputFolderTest, OpenedForNothingIsNotLeftBehind) {
  EXPECT_EQ(opening(segments({"a.tif"})), "no error");
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(OutputFolderTest, FilesOfTheUserAreNotReplaced) {
  for (const char* name : {"labels/a.tif", "overlays/a.png", "objects.csv", "report.html"}) {
    make_file(out_ / name);
    EXPECT_THAT(opening(segments({"a.tif"})),
                AllOf(HasSubstr("already holds 1 file that priorseg did not write"), HasSubstr(name),
                      HasSubstr("give another folder with -o")));
    EXPECT_EQ(read_text(out_ / name), "the user's");
    EXPECT_FALSE(fs::exists(out_ / ".priorseg"));
    fs::remove(out_ / name);
  }
  FolderPlan training;
  training.trains = training.makes_prior = true;
  for (const char* name : {"settings.json", "model.safetensors", "prior.safetensors", "losses.csv",
                           "checkpoint.safetensors", "teacher.safetensors", "unfinished_model.safetensors"}) {
    make_file(out_ / name);
    EXPECT_THAT(opening(training), HasSubstr(name));
    fs::remove(out_ / name);
  }
}

TEST_F(OutputFolderTest, FilesThatNobodyReplacesMayBeThere) {
  for (const char* name : {"labels/other.tif", "notes.txt", "settings.json"}) make_file(out_ / name);
  EXPECT_EQ(opening(segments({"a.tif"})), "no error");
}

TEST_F(OutputFolderTest, ALabelMapOfTheSameImageUnderAnotherNameIsRefused) {
  for (const char* name : {"labels/a.png", "labels/a.TIFF", "labels/a_masks.tif", "labels/a.ome.tif"}) {
    make_file(out_ / name);
    EXPECT_THAT(opening(segments({"a.tif"})), HasSubstr(name));
    fs::remove(out_ / name);
  }
  segment(segments({"a.tif"}));
  make_file(out_ / "labels/a.png");  // the user's copy of a result
  EXPECT_EQ(opening(segments({"a.tif"})), "no error");
}

TEST_F(OutputFolderTest, SimulatedImagesAreNoOutputFolder) {
  make_file(out_ / "settings.json", R"({"simulator": {}, "count": 2})");
  make_file(out_ / "labels/a.tif");
  FolderPlan plan = segments({"a.tif"});
  plan.trains = true;
  EXPECT_THAT(opening(plan), AllOf(HasSubstr("settings.json"), HasSubstr("labels/a.tif")));
}

TEST_F(OutputFolderTest, InputsAreNotReplacedUnderWhateverName) {
  segment(segments({"a.tif"}));
  FolderPlan plan;
  plan.images = {out_ / "labels/a.tif"};
  EXPECT_THAT(opening(plan),
              AllOf(HasSubstr("would be replaced, but it is the input"), HasSubstr("labels/a.tif")));
  plan.images = {folder_ / "a.tif"};
  fs::create_symlink(out_ / "labels/a.tif", folder_ / "a.tif");
  EXPECT_THAT(opening(plan), HasSubstr("but it is the input " + (folder_ / "a.tif").string()));
  fs::remove(folder_ / "a.tif");
  fs::create_hard_link(out_ / "labels/a.tif", folder_ / "a.tif");
  EXPECT_THAT(opening(plan), HasSubstr("but it is the input"));
  plan = segments({"a.tif"}, true);
  plan.inputs = {out_ / "overlays/a.png"};
  EXPECT_THAT(opening(plan), HasSubstr("overlays/a.png"));
}

TEST_F(OutputFolderTest, AFolderOfLabelsThatIsALinkToTheImagesIsRefused) {
  const auto plan = segments({"a.tif"});
  fs::create_directory(out_);
  fs::create_directory_symlink(folder_ / "images", out_ / "labels");
  EXPECT_THAT(opening(plan), HasSubstr("but it is the input"));
}

TEST_F(OutputFolderTest, ALinkThatLeadsNowhereIsAFileOfTheUser) {
  fs::create_directories(out_ / "labels");
  fs::create_symlink("../annex/a", out_ / "labels/a.tif");
  EXPECT_THAT(opening(segments({"a.tif"})), HasSubstr("labels/a.tif"));
}

TEST_F(OutputFolderTest, ALabelMapThatWasCorrectedByHandIsNotReplaced) {
  segment(segments({"a.tif", "bb.tif"}));
  write_text(out_ / "labels/a.tif", "labels of a, corrected");
  EXPECT_THAT(opening(segments({"a.tif", "bb.tif"})),
              AllOf(HasSubstr("1 label map was changed"), HasSubstr("labels/a.tif")));
  EXPECT_THAT(finished(segments({"a.tif", "bb.tif"}, true)), ElementsAre("a", "bb"));
}

TEST_F(OutputFolderTest, AFileThatComesMeanwhileIsNotReplaced) {
  OutputFolder folder(out_, segments({"a.tif"}));
  folder.begin_images();
  make_file(out_ / "labels/a.tif");
  EXPECT_THAT(error_message([&] { folder.claim(folder.label_map("a")); }),
              HasSubstr("has come there meanwhile"));
}

TEST_F(OutputFolderTest, ImagesWithLabelMapAndAllRowsAreFinished) {
  const auto both = segments({"a.tif", "bb.tif", "cccc.tif"}, true);
  EXPECT_THAT(finished(both), IsEmpty());
  segment(segments({"a.tif", "bb.tif"}));
  EXPECT_THAT(finished(both), ElementsAre("a", "bb"));  // a has no objects, hence no rows
  EXPECT_THAT(finished(segments({"a.tif", "bb.tif"})), IsEmpty());
  fs::remove(out_ / "labels/a.tif");
  EXPECT_THAT(finished(both), ElementsAre("bb"));
  fs::remove(out_ / "objects.csv");
  EXPECT_THAT(finished(both), IsEmpty());
}

TEST_F(OutputFolderTest, ResumingEndsWithAFullTable) {
  const auto count = [&] { return count_rows_of_images(out_ / "objects.csv"); };
  const std::map<std::string, int64_t> all = {{"bb", 1}, {"cccc", 3}};
  segment(segments({"bb.tif"}));
  segment(segments({"cccc.tif"}, true));
  EXPECT_EQ(count(), all);
  fs::remove(out_ / "objects.csv");
  segment(segments({"bb.tif", "cccc.tif"}, true));
  EXPECT_EQ(count(), all);
  write_text(out_ / "objects.csv", read_text(out_ / "objects.csv") + "cccc,1,2");
  segment(segments({"bb.tif", "cccc.tif"}, true));
  EXPECT_EQ(count(), all);
}

TEST_F(OutputFolderTest, RowsOfOtherImagesStayAsLongAsTheirLabelMapsDo) {
  segment(segments({"bb.tif", "cccc.tif"}));
  RecordingObserver listener;
  segment(segments({"eeeee.tif"}), listener);
  EXPECT_THAT(listener.text(), HasSubstr("keeps the rows of 2 other images"));
  fs::remove(out_ / "labels/bb.tif");
  segment(segments({"eeeee.tif"}));
  EXPECT_EQ(count_rows_of_images(out_ / "objects.csv"),
            (std::map<std::string, int64_t>{{"cccc", 3}, {"eeeee", 4}}));
}

TEST_F(OutputFolderTest, RowsOfOtherImagesThatAreLostAreTold) {
  segment(segments({"a.tif", "bb.tif", "cccc.tif"}));
  fs::remove(out_ / "objects.csv");
  RecordingObserver listener;
  segment(segments({"cccc.tif"}, true), listener);
  EXPECT_THAT(listener.text(), HasSubstr("lacks the rows of 1 other image of " + out_.string() + " (bb)"));
}

TEST_F(OutputFolderTest, AnImageThatWasBegunAgainIsNotFinished) {
  segment(segments({"a.tif", "bb.tif"}));
  {
    OutputFolder folder(out_, segments({"a.tif", "bb.tif"}));
    EXPECT_THAT(folder.begin_images(), IsEmpty());
    EXPECT_FALSE(fs::exists(folder.label_map("a")));
    EXPECT_FALSE(fs::exists(folder.overlay("a")));
    EXPECT_FALSE(fs::exists(folder.report()));
  }
  EXPECT_THAT(finished(segments({"a.tif", "bb.tif"}, true)), IsEmpty());
}

TEST_F(OutputFolderTest, AReportStaysWhereEverythingIsFinished) {
  segment(segments({"a.tif", "bb.tif"}));
  OutputFolder folder(out_, segments({"a.tif", "bb.tif"}, true));
  EXPECT_THAT(folder.begin_images(), ElementsAre("a", "bb"));
  EXPECT_TRUE(fs::exists(folder.report()));
}

/// What version 0.1 left: no record, and rows of images with objects alone.
class EarlierFolder : public OutputFolderTest {
 protected:
  EarlierFolder() {
    segment(segments({"a.tif", "bb.tif", "cccc.tif"}));
    fs::remove_all(out_ / ".priorseg");
  }
};

TEST_F(EarlierFolder, IsTakenOver) {
  RecordingObserver listener;
  segment(segments({"a.tif", "bb.tif", "cccc.tif"}), listener);
  EXPECT_THAT(listener.text(), HasSubstr("the results of 3 images that an earlier version of priorseg left"));
}

TEST_F(EarlierFolder, IsGoneOnWith) {
  const auto all = segments({"a.tif", "bb.tif", "cccc.tif", "eeeee.tif"}, true);
  EXPECT_THAT(finished(all), ElementsAre("bb", "cccc"));
  EXPECT_THAT(finished(all), ElementsAre("bb", "cccc"));
  segment(all);
  EXPECT_THAT(finished(all), ElementsAre("a", "bb", "cccc", "eeeee"));
}

TEST_F(EarlierFolder, WithoutItsTableIsKnownByItsReport) {
  fs::remove(out_ / "objects.csv");
  segment(segments({"bb.tif", "cccc.tif"}, true));
  EXPECT_EQ(count_rows_of_images(out_ / "objects.csv"),
            (std::map<std::string, int64_t>{{"bb", 1}, {"cccc", 3}}));
}

TEST_F(EarlierFolder, HoldsTruthOfTheUserThatIsNotReplaced) {
  make_file(out_ / "labels/truth.tif");
  EXPECT_THAT(opening(segments({"truth.tif"})), HasSubstr("labels/truth.tif"));
}

TEST_F(EarlierFolder, OfATrainingIsKnownByTheContentOfItsFiles) {
  fs::remove_all(out_);
  make_file(out_ / "settings.json", R"({"detector": {}, "prior": {}})");
  make_file(out_ / "losses.csv", "step,loss,edge\n9,0.5,0.2\n");
  const std::string header = R"({"__metadata__":{"format":"priorseg model 1"}})";
  make_file(out_ / "model.safetensors",
            std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header);
  FolderPlan training;
  training.trains = true;
  EXPECT_EQ(opening(training), "no error");
  make_file(out_ / "labels/a.tif");  // truth: this folder has never been segmented into
  EXPECT_THAT(opening(segments({"a.tif"})), HasSubstr("labels/a.tif"));
}

TEST_F(OutputFolderTest, LeftoversOfAKilledProcessAreRemoved) {
  segment(segments({"a.tif"}));
  const pid_t ended = ::fork();
  if (ended == 0) ::_exit(0);
  ::waitpid(ended, nullptr, 0);
  const std::string number = std::to_string(ended);
  for (const std::string& name :
       {"labels/.a.partial-" + number + ".tif", "overlays/.partial-" + number + "-00ff00ff-3.png",
        ".report.partial-" + number + ".html"})
    make_file(out_ / name);
  RecordingObserver listener;
  OutputFolder(out_, segments({"a.tif"}), listener);
  EXPECT_THAT(listener.text(), HasSubstr("removed 3 temporary files that an interrupted run left"));
  EXPECT_FALSE(fs::exists(out_ / ("labels/.a.partial-" + number + ".tif")));
}

TEST_F(OutputFolderTest, IsKeptFromASecondOwner) {
  const OutputFolder folder(out_, segments({"a.tif"}));
  EXPECT_THAT(opening(segments({"bb.tif"})), HasSubstr("is in use by priorseg (process "));
}

TEST_F(OutputFolderTest, WhatCannotBeWrittenIsToldAtOnce) {
  make_file(out_ / "labels", "a file");
  EXPECT_THAT(opening(segments({"a.tif"})), HasSubstr("labels is a file, expected a folder"));
  fs::remove(out_ / "labels");
  fs::create_directories(out_ / "labels/a.tif");
  EXPECT_THAT(opening(segments({"a.tif"})), HasSubstr("labels/a.tif"));
}

TEST_F(OutputFolderTest, NamesMayBeAsLongAsTheFolderTakes) {
  const std::string longest(251, 'n');
  segment(segments({longest + ".tif"}));
  EXPECT_TRUE(fs::exists(out_ / "labels" / (longest + ".tif")));
  FolderPlan plan;
  plan.images = {std::string(252, 'n') + ".tif"};
  EXPECT_THAT(opening(plan),
              AllOf(HasSubstr("names of 256 bytes, expected at most 255"), HasSubstr("shorter name")));
}

TEST_F(OutputFolderTest, ClashingNamesAreRefusedBeforeAnything) {
  FolderPlan plan;
  plan.images = {"x/a.tif", "x/a.ome.tif"};
  EXPECT_THAT(opening(plan), HasSubstr("would both write results named 'a'"));
  EXPECT_FALSE(fs::exists(out_));
}

TEST_F(OutputFolderTest, NamesThatAreNoUtf8AreToldAndKeepTheirBytesOnDisk) {
  RecordingObserver listener;
  segment(segments({"caf\xE9.tif"}), listener);
  EXPECT_THAT(
      listener.text(),
      HasSubstr("1 image has a name that is no UTF-8: table and report write such bytes as in caf\\xE9"));
  EXPECT_TRUE(fs::exists(out_ / "labels/caf\xE9.tif"));
  EXPECT_THAT(finished(segments({"caf\xE9.tif"}, true)), ElementsAre("caf\xE9"));
}

TEST_F(OutputFolderTest, TwentyThousandImagesCostLittle) {
  FolderPlan plan;
  for (int i = 0; i < 20000; ++i) plan.images.push_back(folder_ / ("i" + std::to_string(i) + ".tif"));
  {
    OutputFolder folder(out_, plan);
    folder.begin_images();
    fs::create_directories(folder.labels());
    for (int i = 0; i < 20000; ++i) {
      const std::string stem = "i" + std::to_string(i);
      folder.claim(folder.overlay(stem));
      write_text(folder.claim(folder.label_map(stem)), "x");
      folder.finish_image(stem, 0);
    }
  }
  plan.resume = true;
  EXPECT_EQ(finished(plan).size(), 20000u);
}

}  // namespace
}  // namespace priorseg
