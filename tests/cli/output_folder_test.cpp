// What the verbs write where, and what they never write over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "cli/tiny_job.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OutputFolderOfVerbs : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  Words segment(const std::string& images, const std::string& out = "out", const Words& more = {}) const {
    return Words{"segment", at(images), "--model", workshop_.model(), "-q", "--threads", "1", "-o", at(out)} +
           more;
  }
  Words run(const std::string& images, const std::string& out = "out", int64_t steps = 6,
            int64_t every = 1000) const {
    return Words{"run", at(images), "-o", at(out)} + tiny_settings(steps, every) + tiny_prior_settings();
  }
  /// A copy of a simulated image.
  void put_image(const std::string& name, int number = 0) const {
    fs::create_directories((folder_ / name).parent_path());
    fs::copy_file(workshop_.images() + "/sim_00" + std::to_string(number) + ".tif", folder_ / name);
  }
  /// Every file below the folder with its bytes.
  std::map<std::string, std::string> content() const {
    std::map<std::string, std::string> files;
    for (const auto& name : folder_.files()) files[name] = read_text(folder_ / name);
    return files;
  }
  /// Images of the table, one entry a row.
  std::map<std::string, int> table_rows() const {
    std::map<std::string, int> rows;
    std::istringstream lines(read_text(folder_ / "out/objects.csv"));
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line);) ++rows[line.substr(0, line.find(','))];
    return rows;
  }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(OutputFolderOfVerbs, TruthBesideTheImagesIsNotReplaced) {
  fs::copy(fs::path(workshop_.images()).parent_path(), folder_ / "data", fs::copy_options::recursive);
  const auto before = content();
  EXPECT_THAT(fail(run("data/images", "data")), AllOf(HasSubstr("settings.json"), HasSubstr("-o")));
  EXPECT_EQ(content(), before);
  EXPECT_THAT(fail(segment("data/images", "data")), HasSubstr("data/labels/sim_000.tif"));
  EXPECT_EQ(content(), before);
}

TEST_F(OutputFolderOfVerbs, ImagesInAFolderOfTheNameOfResultsAreNotReplaced) {
  put_image("out/labels/a.tif");
  const auto before = content();
  EXPECT_THAT(fail(segment("out/labels")), HasSubstr("labels/a.tif would be replaced, but it is the input"));
  EXPECT_THAT(fail(run("out/labels")), HasSubstr("labels/a.tif would be replaced, but it is the input"));
  EXPECT_EQ(content(), before);
}

TEST_F(OutputFolderOfVerbs, ModelAndPriorThatAreReadAreNotReplaced) {
  put_image("images/a.tif");
  fs::copy_file(workshop_.model(), folder_ / "m.safetensors");
  EXPECT_THAT(fail({"calibrate", at("images/a.tif"), workshop_.labels() + "/sim_000.tif", "--model",
                    at("m.safetensors"), "-o", at("m.safetensors")}),
              HasSubstr("but it is the input"));
  fs::create_directory(folder_ / "out");
  fs::create_hard_link(folder_ / "m.safetensors", folder_ / "out/model.safetensors");
  EXPECT_THAT(fail(run("images") + Words{"--prior", at("m.safetensors")}), HasSubstr("but it is the input"));
}

TEST_F(OutputFolderOfVerbs, APriorOfTheFolderIsUsedThere) {
  put_image("images/a.tif");
  fs::create_directory(folder_ / "out");
  fs::copy_file(workshop_.prior(), folder_ / "out/prior.safetensors");
  const auto time = fs::last_write_time(folder_ / "out/prior.safetensors");
  succeed(run("images") + Words{"--prior", at("out/prior.safetensors")});
  EXPECT_EQ(fs::last_write_time(folder_ / "out/prior.safetensors"), time);
}

TEST_F(OutputFolderOfVerbs, APictureIsNotReplacedByTheContactSheetOfAPrior) {
  fs::copy_file(workshop_.labels() + "/sim_000.tif", folder_ / "a.tif");
  write_text(folder_ / "a.png", "the user's");
  EXPECT_THAT(fail(tiny_prior({"learn", at("a.tif"), "-o", at("a.safetensors")})), HasSubstr("a.png exists"));
  EXPECT_EQ(read_text(folder_ / "a.png"), "the user's");
  EXPECT_THAT(fail(tiny_prior({"learn", at("a.tif"), "-o", at("a.tif")})), HasSubstr("but it is the input"));
}

TEST_F(OutputFolderOfVerbs, SimulatedImagesReplaceNoSettings) {
  write_text(folder_ / "settings.json", "{\"detector\": {}}");
  EXPECT_THAT(fail({"simulate", "-n", "1", "-o", folder_.path().string(), "-q"}),
              HasSubstr("settings.json exists"));
  EXPECT_THAT(folder_.files(), ElementsAre("settings.json"));
}

TEST_F(OutputFolderOfVerbs, ResumingKeepsAndRestoresTheRowsOfOtherImages) {
  put_image("A/a.tif");
  put_image("B/b.tif", 1);
  succeed(segment("A"));
  const auto of_a = table_rows();
  ASSERT_FALSE(of_a.empty());
  succeed(segment("B", "out", {"--resume"}));
  const auto all = table_rows();
  EXPECT_EQ(all.size(), 2u);
  EXPECT_EQ(all.at("a"), of_a.at("a"));
  fs::remove(folder_ / "out/objects.csv");
  succeed(segment("A", "out", {at("B"), "--resume"}));
  EXPECT_EQ(table_rows(), all);
  fs::remove_all(folder_ / "out/.priorseg");  // of a version that kept no record
  EXPECT_THAT(succeed(segment("A", "out", {at("B"), "--resume"})),
              AllOf(HasSubstr("earlier version"), HasSubstr("2 images were finished before")));
  EXPECT_EQ(table_rows(), all);
}

TEST_F(OutputFolderOfVerbs, SecondProcessIsRefusedUntilTheFirstOneEnds) {
  put_image("images/a.tif");
  std::string refused;
  const auto holder = run_program(run("images", "out", 100000), {}, [&] {
    if (!fs::exists(folder_ / "out/losses.csv")) return false;
    refused = fail(segment("images"));
    return true;
  });
  EXPECT_EQ(holder.exit_code, 128 + SIGKILL);
  EXPECT_THAT(refused, AllOf(HasSubstr("out is in use by priorseg (process "), HasSubstr("wait for it")));
  succeed(segment("images"));
}

TEST_F(OutputFolderOfVerbs, KilledInItsWritingLeavesNothingForEver) {
  for (int i = 0; i < 6; ++i) put_image("images/" + std::to_string(i) + ".tif", i % 2);
  const auto killed =
      run_program(segment("images"), {}, [&] { return fs::exists(folder_ / "out/labels/1.tif"); });
  write_text(folder_ / "out/labels/.9.partial-999999999.tif", "half");
  succeed(segment("images", "out", {"--resume"}));
  EXPECT_EQ(table_rows().size(), 6u);
  EXPECT_THAT(folder_.files(), testing::Each(Not(HasSubstr("partial"))));
}

TEST_F(OutputFolderOfVerbs, WhatCannotBeWrittenIsToldBeforeTheWork) {
  put_image("images/a.tif");
  write_text(folder_ / "file", "");
  for (const std::string out : {"file", "file/below", "/proc/none"}) {
    const auto result = run_program(Words{"run", at("images"), "-o", out.front() == '/' ? out : at(out)} +
                                    tiny_settings(100000) + tiny_prior_settings());
    EXPECT_EQ(result.exit_code, 1) << out;
    EXPECT_EQ(count_lines(result.err), 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr("output folder"));
  }
  EXPECT_THAT(fail(tiny_prior({"synthetic", "-o", at("file/p.safetensors")})), HasSubstr("file"));
}

TEST_F(OutputFolderOfVerbs, NamesMayBeAsLongAsTheyCome) {
  const std::string longest(251, 'n');
  put_image("images/" + longest + ".tif");
  succeed(run("images"));
  EXPECT_TRUE(fs::exists(folder_ / "out/labels" / (longest + ".tif")));
}

TEST_F(OutputFolderOfVerbs, NamesThatAreNoUtf8BreakNothing) {
  put_image("images/caf\xE9.tif");
  fs::copy_file(workshop_.labels() + "/sim_000.tif", folder_ / "lab\xE9l.tif");
  const Words words = run("images") + Words{"--learn-prior", at("lab\xE9l.tif")};
  EXPECT_THAT(succeed(words), HasSubstr("caf\\xE9"));
  EXPECT_THAT(succeed(words), HasSubstr("used as it is"));
  EXPECT_TRUE(fs::exists(folder_ / "out/labels/caf\xE9.tif"));
  for (const auto& [image, count] : table_rows()) EXPECT_EQ(image, "caf\\xE9");
  EXPECT_THAT(read_text(folder_ / "out/report.html"),
              AllOf(HasSubstr("caf\\xE9.tif"), HasSubstr("lab\\xE9l.tif")));
  EXPECT_THAT(run_program({"info", at("out/prior.safetensors")}).out, HasSubstr("lab\\\\xE9l.tif"));
}

TEST_F(OutputFolderOfVerbs, AnUnreadableFirstImageEndsNoTraining) {
  put_image("images/b.tif");
  put_image("images/c.tif", 1);
  write_text(folder_ / "images/a.tif", "this is no image");
  const auto result = run_program(run("images", "out", 12, 4));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("left out of the training"), HasSubstr("1 of 3 images failed")));
  EXPECT_TRUE(fs::exists(folder_ / "out/labels/c.tif"));
  EXPECT_TRUE(fs::exists(folder_ / "out/previews/step_000004.png"));
}

TEST_F(OutputFolderOfVerbs, LinksToFilesThatAreNotThereCountAsFailedImages) {
  put_image("images/b.tif");
  fs::create_symlink("../annex/a", folder_ / "images/a.tif");
  const auto result = run_program(segment("images"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("datalad get"), HasSubstr("1 of 2 images failed")));
}

TEST_F(OutputFolderOfVerbs, LabelMapsBesideImagesAreNotSegmentedButWhereTheyAreNamed) {
  put_image("images/a.tif");
  fs::copy_file(workshop_.labels() + "/sim_000.tif", folder_ / "images/a_masks.tif");
  EXPECT_THAT(succeed(segment("images")), HasSubstr("a_masks.tif is the label map of a.tif"));
  EXPECT_FALSE(fs::exists(folder_ / "out/labels/a_masks.tif"));
  succeed(segment("images/a_masks.tif"));
  EXPECT_TRUE(fs::exists(folder_ / "out/labels/a_masks.tif"));
}

TEST_F(OutputFolderOfVerbs, OmeTiffPairsWithTiff) {
  put_image("images/a.ome.tif");
  succeed(segment("images"));
  fs::create_directory(folder_ / "truth");
  fs::copy_file(workshop_.labels() + "/sim_000.tif", folder_ / "truth/a.ome.tif");
  const auto result = run_program({"evaluate", at("out"), at("truth"), "-q"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(folder_ / "out/labels/a.tif"));
}

TEST_F(OutputFolderOfVerbs, AResultThatCannotBePrintedIsAFailure) {
  const std::string program = PRIORSEG_PROGRAM;
  for (const std::string& words :
       {"info " + workshop_.model(), std::string("info --settings"),
        "evaluate -q " + workshop_.labels() + " " + workshop_.labels(),
        "simulate -q -n 1 -o " + at("simulated"), std::string("--help"), std::string("segment --help")}) {
    const auto result = run_program_at("/bin/sh", {"-c", program + " " + words + " > /dev/full"});
    EXPECT_EQ(result.exit_code, 1) << words;
    EXPECT_THAT(result.err, HasSubstr("standard output")) << words;
    EXPECT_EQ(count_lines(result.err), 1) << words;
  }
}

}  // namespace
}  // namespace priorseg::test
