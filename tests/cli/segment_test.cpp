// priorseg segment, and what it makes read by priorseg evaluate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "cli/tiny_job.h"
#include "priorseg/image/image_file.h"
#include "support/test_tiff.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

class SegmentVerb : public testing::Test {
 protected:
  Words segment(const fs::path& images, const Words& more = {}, int threads = 1) const {
    return Words{"segment",   images.string(),         "--model", workshop_.model(),         "-q",
                 "--threads", std::to_string(threads), "-o",      (folder_ / "out").string()} +
           more;
  }
  fs::path out(const std::string& name) const { return folder_ / ("out/" + name); }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(SegmentVerb, MakesExactlyThePromisedFiles) {
  succeed(segment(workshop_.images()), folder_.path());
  EXPECT_THAT(folder_.files(),
              ElementsAre("out/.priorseg/files", "out/.priorseg/lock", "out/images.csv",
                          "out/labels/sim_000.tif", "out/labels/sim_001.tif", "out/manifest.jsonl",
                          "out/objects.csv", "out/overlays/sim_000.png", "out/overlays/sim_001.png",
                          "out/provenance.json", "out/report.html", "out/summary.csv"));
}

TEST_F(SegmentVerb, LabelMapsAndTableTellTheSameObjects) {
  succeed(segment(workshop_.images()));
  int64_t objects = 0;
  for (const char* name : {"sim_000.tif", "sim_001.tif"}) {
    const auto labels = read_label_map(out("labels") / name);
    EXPECT_EQ(labels.sizes(), (torch::IntArrayRef{96, 80}));
    objects += labels.max().item<int32_t>();
  }
  EXPECT_EQ(count_lines(read_text(out("objects.csv"))), objects + 1);
}

TEST_F(SegmentVerb, GivesTheSameFilesAgain) {
  succeed(segment(workshop_.images()));
  const auto labels = read_text(out("labels/sim_001.tif")), table = read_text(out("objects.csv"));
  succeed(segment(workshop_.images()));
  EXPECT_EQ(read_text(out("labels/sim_001.tif")), labels);
  EXPECT_EQ(read_text(out("objects.csv")), table);
}

TEST_F(SegmentVerb, GivesTheSameFilesWithSeveralImagesAtATime) {
  for (int i = 0; i < 4; ++i) {
    for (const char* name : {"sim_000.tif", "sim_001.tif"}) {
      fs::create_directories(folder_ / "images");
      fs::copy(workshop_.images() / fs::path(name), folder_ / ("images/" + std::to_string(i) + name));
    }
  }
  write_text(folder_ / "images/2broken.tif", "this is no image");
  EXPECT_EQ(run_program(segment(folder_ / "images")).exit_code, 1);
  fs::rename(folder_ / "out", folder_ / "one");
  const auto result = run_program(segment(folder_ / "images", {}, 3));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("2broken.tif"), HasSubstr("1 of 9 images failed")));
  EXPECT_EQ(read_text(out("objects.csv")), read_text(folder_ / "one/objects.csv"));
  int64_t maps = 0;
  for (const auto& entry : fs::directory_iterator(out("labels"))) {
    EXPECT_EQ(read_text(entry.path()), read_text(folder_ / "one/labels" / entry.path().filename()));
    ++maps;
  }
  EXPECT_EQ(maps, 8);
}

TEST_F(SegmentVerb, ShortPrecisionChangesLittle) {
  // The model has hardly been trained, so that an object at a threshold may come or go: one in a hundred
  // does.
  simulate(folder_ / "many", 12);
  succeed(segment(folder_ / "many/images"));
  fs::rename(folder_ / "out", folder_ / "exact");
  succeed(segment(folder_ / "many/images", {"--precision", "bfloat16"}));
  const auto result =
      run_program({"evaluate", (folder_ / "out").string(), (folder_ / "exact/labels").string(), "-q"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::ContainsRegex("AP\\(0.3\\) +(1.0|0.9)"));
}

TEST_F(SegmentVerb, UnknownPrecisionIsWrongUsage) {
  EXPECT_EQ(run_program(segment(workshop_.images(), {"--precision", "int8"})).exit_code, 2);
}

TEST_F(SegmentVerb, RefinesOutlines) {
  succeed(segment(workshop_.images()));
  fs::rename(folder_ / "out", folder_ / "plain");
  succeed(segment(workshop_.images(), {"--refine", "20"}));
  EXPECT_FALSE(
      read_label_map(out("labels/sim_000.tif")).equal(read_label_map(folder_ / "plain/labels/sim_000.tif")));
  EXPECT_EQ(run_program(segment(workshop_.images(), {"--refine", "-1"})).exit_code, 2);
}

TEST_F(SegmentVerb, ResumeDoesOnlyWhatIsMissing) {
  succeed(segment(workshop_.images()));
  const auto table = read_text(out("objects.csv"));
  write_text(out("labels/sim_000.tif"), "untouched");
  fs::remove(out("labels/sim_001.tif"));
  EXPECT_THAT(succeed(segment(workshop_.images(), {"--resume"})), HasSubstr("1 images were finished before"));
  EXPECT_EQ(read_text(out("labels/sim_000.tif")), "untouched");
  EXPECT_TRUE(fs::exists(out("labels/sim_001.tif")));
  EXPECT_EQ(read_text(out("objects.csv")), table);
}

// As where a call was killed before it wrote its report.
TEST_F(SegmentVerb, ResumeTellsOfAllImages) {
  succeed(segment(workshop_.images()));
  const auto images = read_text(out("images.csv")), summary = read_text(out("summary.csv"));
  const auto expect_told_again = [&] {
    for (const char* name : {"images.csv", "summary.csv", "report.html"}) fs::remove(out(name));
    succeed(segment(workshop_.images(), {"--resume"}));
    EXPECT_EQ(read_text(out("images.csv")), images);
    EXPECT_EQ(read_text(out("summary.csv")), summary);
    EXPECT_THAT(read_text(out("report.html")), AllOf(HasSubstr("sim_000.tif"), HasSubstr("sim_001.tif")));
  };
  fs::remove(out("labels/sim_001.tif"));
  expect_told_again();
  expect_told_again();                      // nothing is left to do
  fs::remove(out("overlays/sim_000.png"));  // a picture less
  expect_told_again();

  write_text(out("manifest.jsonl"), "");
  EXPECT_THAT(run_program(segment(workshop_.images(), {"--resume"})).err,
              HasSubstr("manifest.jsonl lacks 2 images that were finished before"));
}

TEST_F(SegmentVerb, BrokenImageIsNamedAndTheOthersAreDone) {
  fs::copy(workshop_.images(), folder_ / "images");
  write_text(folder_ / "images/broken.tif", "this is no image");
  const auto result = run_program(segment(folder_ / "images"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("broken.tif"), HasSubstr("1 of 3 images failed")));
  EXPECT_TRUE(fs::exists(out("labels/sim_000.tif")));
  EXPECT_TRUE(fs::exists(out("labels/sim_001.tif")));
  EXPECT_FALSE(fs::exists(out("labels/broken.tif")));
  EXPECT_THAT(read_text(out("report.html")), HasSubstr("broken.tif"));
}

TEST_F(SegmentVerb, BlackAndFlatImagesHoldNoObject) {
  for (const char* preset : {"black", "flat"}) {
    simulate(folder_ / preset, 1, preset);
    succeed(segment(folder_ / preset / "images"));
    EXPECT_EQ(read_label_map(out("labels/sim_000.tif")).max().item<int32_t>(), 0) << preset;
    EXPECT_EQ(count_lines(read_text(out("objects.csv"))), 1) << preset;
  }
}

TEST_F(SegmentVerb, ReadsEveryKindOfImage) {
  const auto grey = read_image(fs::path(workshop_.images()) / "sim_000.tif").pixels[0];
  const auto bytes = ((grey - grey.min()) / (grey.max() - grey.min()) * 255).round();
  fs::create_directory(folder_ / "in");
  write_grey_tiff(folder_ / "in/a 8 bit.tif", bytes, 8);
  write_grey_tiff(folder_ / "in/b,16.tif", grey, 16);
  write_png(folder_ / "in/c_colour.png", bytes.to(torch::kUInt8).unsqueeze(2).repeat({1, 1, 3}));
  Layout layout;
  layout.width = 80, layout.height = 96, layout.format = SAMPLEFORMAT_IEEEFP;
  const auto values = grey.accessor<float, 2>();
  write_test_tiff<float>(folder_ / "in/d_float.tif", layout,
                         [&](uint32_t x, uint32_t y, int) { return values[y][x] / 1000; });
  succeed(segment(folder_ / "in"));
  for (const char* stem : {"a 8 bit", "b,16", "c_colour", "d_float"}) {
    const auto labels = read_label_map(out("labels") / (std::string(stem) + ".tif"));
    EXPECT_EQ(labels.sizes(), (torch::IntArrayRef{96, 80})) << stem;
    EXPECT_TRUE(fs::exists(out("overlays") / (std::string(stem) + ".png"))) << stem;
  }
  // The same picture in another number format holds the same objects, but for rounding.
  EXPECT_EQ(read_label_map(out("labels/b,16.tif")).max().item<int32_t>(),
            read_label_map(out("labels/d_float.tif")).max().item<int32_t>());
}

TEST_F(SegmentVerb, TakesAnImageOfOnePixel) {
  write_grey_tiff(folder_ / "one.tif", torch::full({1, 1}, 7.0), 8);
  succeed(segment(folder_ / "one.tif"));
  EXPECT_EQ(read_label_map(out("labels/one.tif")).sizes(), (torch::IntArrayRef{1, 1}));
}

TEST_F(SegmentVerb, PresenceOfTheCommandLineDecides) {
  succeed(segment(workshop_.images(), {"--presence", "1"}));
  EXPECT_EQ(count_lines(read_text(out("objects.csv"))), 1);
  EXPECT_EQ(run_program(segment(workshop_.images(), {"--presence", "2"})).exit_code, 2);
}

TEST_F(SegmentVerb, HigherMaskThresholdDrawsTighterOutlines) {
  const auto covered = [&](const char* threshold) {
    succeed(segment(workshop_.images(), {"--mask-threshold", threshold}));
    return read_label_map(out("labels/sim_000.tif")).gt(0).sum().item<int64_t>();
  };
  const auto wide = covered("0.3");
  EXPECT_GT(wide, 0);
  EXPECT_LT(covered("0.7"), wide);
  EXPECT_EQ(run_program(segment(workshop_.images(), {"--mask-threshold", "0"})).exit_code, 2);
}

TEST_F(SegmentVerb, MissingModelIsOneLineOnStderr) {
  EXPECT_THAT(fail({"segment", workshop_.images(), "--model", "none.safetensors"}, folder_.path()),
              HasSubstr("none.safetensors"));
  EXPECT_THAT(folder_.files(), ElementsAre());
}

TEST_F(SegmentVerb, PriorGivenAsModelIsOneLineOnStderr) {
  EXPECT_THAT(fail({"segment", workshop_.images(), "--model", workshop_.prior()}, folder_.path()),
              AllOf(HasSubstr("'priorseg prior 1'"), HasSubstr("'priorseg model 1'")));
  EXPECT_THAT(folder_.files(), ElementsAre());
}

TEST_F(SegmentVerb, ModelCutShortIsOneLineOnStderr) {
  fs::copy(workshop_.model(), folder_ / "cut.safetensors");
  fs::resize_file(folder_ / "cut.safetensors", fs::file_size(workshop_.model()) / 2);
  EXPECT_THAT(fail({"segment", workshop_.images(), "--model", "cut.safetensors"}, folder_.path()),
              HasSubstr("cut.safetensors"));
}

TEST_F(SegmentVerb, EvaluateScoresItsOutputFolder) {
  succeed(segment(workshop_.images()));
  const auto scores = (folder_ / "scores.json").string();
  const auto result =
      run_program({"evaluate", (folder_ / "out").string(), workshop_.labels(), "-q", "--json", scores});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("mAP"));
  EXPECT_THAT(read_text(scores), AllOf(HasSubstr("sim_000"), HasSubstr("sim_001")));
}

}  // namespace
}  // namespace priorseg::test
