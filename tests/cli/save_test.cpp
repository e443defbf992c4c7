// --save: further forms of results, and that a folder holds a consistent set of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/tiny_job.h"
#include "support/manifest_text.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class Save : public testing::Test {
 protected:
  Words segment(const fs::path& images, const Words& more = {}) const {
    return Words{"segment", images.string(),           "--model", workshop_.model(), "-q", "--threads", "1",
                 "-o",      (folder_ / "out").string()} +
           more;
  }
  fs::path out(const std::string& name) const { return folder_ / ("out/" + name); }
  fs::path image(const std::string& name) const { return fs::path(workshop_.images()) / name; }
  nlohmann::json coco() const { return nlohmann::json::parse(read_text(out("coco.json"))); }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(Save, MakesExactlyThePromisedFiles) {
  succeed(segment(image("sim_001.tif"), {"--save", "rois,geojson,coco,ctc,cellpose"}));
  EXPECT_THAT(
      folder_.files(),
      ElementsAre("out/.priorseg/coco/sim_001.txt", "out/.priorseg/files", "out/.priorseg/lock",
                  "out/RES/mask001.tif", "out/cellpose/sim_001_cp_masks.tif", "out/coco.json",
                  "out/geojson/sim_001.geojson", "out/images.csv", "out/labels/sim_001.tif",
                  "out/manifest.jsonl", "out/objects.csv", "out/overlays/sim_001.png", "out/provenance.json",
                  "out/report.html", "out/rois/sim_001_rois.zip", "out/summary.csv"));
}

TEST_F(Save, GivesTheSameFilesAgain) {
  const Words words = segment(workshop_.images(), {"--save", "rois,geojson,coco,ctc,cellpose"});
  const auto content_of = [&](const std::string& file) {
    const auto content = read_text(folder_ / file);
    return file.ends_with("manifest.jsonl") ? manifest_without_times(content) : content;
  };
  std::map<std::string, std::string> before;
  succeed(words);
  for (const auto& file : folder_.files())
    if (!file.ends_with("report.html") && file.find(".priorseg") == std::string::npos)
      before[file] = content_of(file);
  EXPECT_GE(before.size(), 14u);
  succeed(words);
  for (const auto& [file, bytes] : before) EXPECT_EQ(content_of(file), bytes) << file;
}

TEST_F(Save, UnknownFormIsWrongUsage) {
  const auto result = run_program(segment(workshop_.images(), {"--save", "rois,qupath"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(count_lines(result.err), 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("'qupath' is no form"), HasSubstr("'geojson'")));
}

TEST_F(Save, ResumeMakesWhatAFinishedImageLacks) {
  succeed(segment(workshop_.images(), {"--save", "rois"}));
  fs::remove(out("rois/sim_001_rois.zip"));
  EXPECT_THAT(succeed(segment(workshop_.images(), {"--save", "rois", "--resume"})),
              HasSubstr("1 images were finished before"));
  EXPECT_TRUE(fs::exists(out("rois/sim_001_rois.zip")));
  // A form more: none is finished.
  EXPECT_THAT(succeed(segment(workshop_.images(), {"--save", "rois,geojson", "--resume"})),
              Not(HasSubstr("finished before")));
  EXPECT_TRUE(fs::exists(out("geojson/sim_000.geojson")));
}

TEST_F(Save, AFormThatIsNotAskedForAgainDoesNotStayOfImagesThatAreSegmentedAgain) {
  succeed(segment(workshop_.images(), {"--save", "rois,ctc,coco"}));
  succeed(segment(image("sim_000.tif")));
  EXPECT_FALSE(fs::exists(out("rois/sim_000_rois.zip")));
  EXPECT_FALSE(fs::exists(out("RES/mask000.tif")));
  EXPECT_TRUE(fs::exists(out("rois/sim_001_rois.zip")));
  EXPECT_TRUE(fs::exists(out("RES/mask001.tif")));
  ASSERT_EQ(coco()["images"].size(), 1u);
  EXPECT_EQ(coco()["images"][0]["file_name"], "sim_001.tif");
}

TEST_F(Save, ResumeWithoutAFormOfFinishedImagesWarns) {
  succeed(segment(image("sim_000.tif"), {"--save", "rois"}));
  EXPECT_THAT(succeed(segment(workshop_.images(), {"--resume"})),
              AllOf(HasSubstr("finished have the form 'rois'"), HasSubstr("give --save rois")));
  EXPECT_TRUE(fs::exists(out("rois/sim_000_rois.zip")));
}

TEST_F(Save, CocoCoversTheImagesOfEarlierCalls) {
  succeed(segment(image("sim_001.tif")));
  EXPECT_THAT(succeed(segment(image("sim_000.tif"), {"--save", "coco"})),
              HasSubstr("coco.json lacks 1 other image"));
  EXPECT_EQ(coco()["images"].size(), 1u);
  succeed(segment(image("sim_001.tif"), {"--save", "coco"}));
  EXPECT_EQ(coco()["images"].size(), 2u);
  fs::remove(out("coco.json"));
  succeed(segment(workshop_.images(), {"--save", "coco", "--resume"}));
  EXPECT_EQ(coco()["images"].size(), 2u);
}

TEST_F(Save, CtcMasksAreNumberedAsTheirImages) {
  fs::copy(image("sim_000.tif"), folder_ / "t0042.tif");
  succeed(segment(folder_ / "t0042.tif", {"--save", "ctc"}));
  EXPECT_TRUE(fs::exists(out("RES/mask0042.tif")));
  fs::copy(image("sim_001.tif"), folder_ / "u0042.tif");
  const auto before = read_text(out("RES/mask0042.tif"));
  EXPECT_THAT(fail(segment(folder_ / "u0042.tif", {"--save", "ctc"})),
              AllOf(HasSubstr("another image of this folder"), HasSubstr("mask0042.tif")));
  EXPECT_EQ(read_text(out("RES/mask0042.tif")), before);
  EXPECT_THAT(fail(segment(folder_ / "t0042.tif", {(folder_ / "u0042.tif").string(), "--save", "ctc"})),
              HasSubstr("would both have the mask"));
  fs::copy(image("sim_001.tif"), folder_ / "field.tif");
  EXPECT_THAT(fail(segment(folder_ / "field.tif", {"--save", "ctc"})),
              AllOf(HasSubstr("field.tif ends in no number"), HasSubstr("t000.tif")));
}

TEST_F(Save, FilesOfOthersAreNotReplaced) {
  for (const char* name : {"rois/sim_000_rois.zip", "coco.json", "RES/mask000.tif"}) {
    fs::create_directories(out(name).parent_path());
    write_text(out(name), "the user's");
    EXPECT_THAT(fail(segment(image("sim_000.tif"), {"--save", "rois,coco,ctc"})), HasSubstr(name));
    EXPECT_EQ(read_text(out(name)), "the user's");
    succeed(segment(image("sim_000.tif")));  // does not write it
    EXPECT_EQ(read_text(out(name)), "the user's");
    fs::remove_all(folder_ / "out");
  }
}

TEST_F(Save, RunTakesTheFormsFromOptionConfigAndSetting) {
  const Words run = Words{"run", workshop_.images(), "--prior", workshop_.prior()} + tiny_settings();
  succeed(run + Words{"-o", (folder_ / "a").string(), "--save", "rois"});
  EXPECT_TRUE(fs::exists(folder_ / "a/rois/sim_000_rois.zip"));
  const auto settings = nlohmann::json::parse(read_text(folder_ / "a/settings.json"));
  EXPECT_EQ(settings["save"], "rois");
  write_text(folder_ / "config.json", R"({"save": "geojson"})");
  succeed(run + Words{"-o", (folder_ / "b").string(), "--config", (folder_ / "config.json").string()});
  EXPECT_TRUE(fs::exists(folder_ / "b/geojson/sim_000.geojson"));
  EXPECT_FALSE(fs::exists(folder_ / "b/rois"));
  EXPECT_THAT(fail(run + Words{"-o", (folder_ / "c").string(), "--set", "save=roi"}),
              AllOf(HasSubstr("setting 'save'"), HasSubstr("'roi' is no form")));
  // The model does not depend on it.
  EXPECT_EQ(read_text(folder_ / "a/model.safetensors"), read_text(folder_ / "b/model.safetensors"));
}

TEST_F(Save, ABrokenImageLeavesNoForm) {
  fs::copy(workshop_.images(), folder_ / "images");
  write_text(folder_ / "images/broken.tif", "this is no image");
  const auto result = run_program(segment(folder_ / "images", {"--save", "rois,geojson,coco,cellpose"}));
  EXPECT_EQ(result.exit_code, 1);
  for (const auto& file : folder_.files()) EXPECT_THAT(file, Not(testing::MatchesRegex("out/.*broken.*")));
  EXPECT_TRUE(fs::exists(out("rois/sim_001_rois.zip")));
  EXPECT_EQ(coco()["images"].size(), 2u);
}

}  // namespace
}  // namespace priorseg::test
