// priorseg cellpose: the command line of Cellpose, and the files and lines that its callers read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <regex>

#include "cli/tiny_job.h"
#include "priorseg/image/image_file.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class Cellpose : public testing::Test {
 protected:
  void SetUp() override { fs::copy(workshop_.images(), folder_ / "images"); }

  /// As QuPath's and TrackMate's launchers write it.
  Words words(const Words& more = {}) const {
    return Words{"cellpose",
                 "--dir",
                 (folder_ / "images").string(),
                 "--pretrained_model",
                 workshop_.model(),
                 "--chan",
                 "0",
                 "--chan2",
                 "0",
                 "--diameter",
                 "18",
                 "--flow_threshold",
                 "0.4",
                 "--no_npy",
                 "--verbose"} +
           more;
  }
  std::string call(const Words& more = {}) const {
    const auto result = run_program(words(more));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.err;
  }
  torch::Tensor labels(const std::string& file) const { return read_label_map(folder_ / file); }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(Cellpose, WritesMasksBesideTheImages) {
  const auto err = call({"--save_tif"});
  EXPECT_THAT(err,
              AllOf(HasSubstr("mean nothing here: --chan2, --flow_threshold"), Not(HasSubstr("--verbose"))));
  for (const std::string name : {"sim_000", "sim_001"}) {
    const auto masks = labels("images/" + name + "_cp_masks.tif");
    EXPECT_TRUE(masks.equal(labels("images/priorseg/labels/" + name + ".tif"))) << name;
  }
  EXPECT_FALSE(fs::exists(folder_ / "images/sim_000_cp_masks.png"));
}

TEST_F(Cellpose, TellsPercentagesAsCallersReadThem) {
  const auto err = call({"--save_tif"});
  // The expression by which TrackMate finds its progress.
  const std::regex percentage(R"([^\n]+\s(\d*\.?\d*)%[^\n]+)");
  std::smatch match;
  ASSERT_TRUE(std::regex_search(err, match, percentage)) << err;
  EXPECT_THAT(err, HasSubstr("100.0% (2/2)"));
}

TEST_F(Cellpose, PngsHoldTheSameLabelsIn16Bits) {
  call({"--save_png", "--savedir", (folder_ / "out").string()});
  const auto file = folder_ / "out/sim_000_cp_masks.png";
  EXPECT_TRUE(labels("out/sim_000_cp_masks.png").equal(labels("out/priorseg/labels/sim_000.tif")));
  EXPECT_EQ(read_image(file).bit_depth, 16);
  EXPECT_FALSE(fs::exists(folder_ / "out/sim_000_cp_masks.tif"));
  EXPECT_FALSE(fs::exists(folder_ / "images/priorseg"));
}

TEST_F(Cellpose, LeavesOutSmallObjectsAndThoseAtTheBorder) {
  call({"--exclude_on_edges", "--min_size", "150"});
  const auto all = labels("images/priorseg/labels/sim_000.tif");
  const auto kept = labels("images/sim_000_cp_masks.tif");
  for (int32_t label = 1; label <= all.max().item<int32_t>(); ++label) {
    const auto object = all.eq(label);
    const bool at_border = object[0].any().item<bool>() || object[-1].any().item<bool>() ||
                           object.select(1, 0).any().item<bool>() || object.select(1, -1).any().item<bool>();
    const bool stays = !at_border && object.sum().item<int64_t>() >= 150;
    EXPECT_EQ(kept.eq(label).sum().item<int64_t>(), stays ? object.sum().item<int64_t>() : 0) << label;
  }
}

TEST_F(Cellpose, TakesOneImageAndFiltersByName) {
  EXPECT_EQ(run_program({"cellpose", "--image_path", (folder_ / "images/sim_001.tif").string(),
                         "--pretrained_model", workshop_.model()})
                .exit_code,
            0);
  EXPECT_TRUE(fs::exists(folder_ / "images/sim_001_cp_masks.tif"));
  EXPECT_FALSE(fs::exists(folder_ / "images/sim_000_cp_masks.tif"));
  call({"--img_filter", "000", "--savedir", (folder_ / "out").string()});
  EXPECT_TRUE(fs::exists(folder_ / "out/sim_000_cp_masks.tif"));
  EXPECT_FALSE(fs::exists(folder_ / "out/sim_001_cp_masks.tif"));
}

TEST_F(Cellpose, ReplacesItsOwnMasksAndNoOthers) {
  call({"--save_tif", "--save_png"});
  call({"--save_tif", "--save_png"});
  write_text(folder_ / "images/sim_000_cp_masks.png", "drawn by hand");
  const auto result = run_program(words({"--save_png"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("sim_000_cp_masks.png exists and was not written by"));
  EXPECT_EQ(read_text(folder_ / "images/sim_000_cp_masks.png"), "drawn by hand");
}

TEST_F(Cellpose, ABrokenImageDoesNotEndTheBatch) {
  write_text(folder_ / "images/broken.tif", "no picture");
  const auto result = run_program(words({"--save_tif"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("broken.tif"));
  EXPECT_TRUE(fs::exists(folder_ / "images/sim_001_cp_masks.tif"));
  EXPECT_FALSE(fs::exists(folder_ / "images/broken_cp_masks.tif"));
}

TEST_F(Cellpose, RefusesOtherKindsOfWork) {
  EXPECT_THAT(fail(words({"--do_3D"})), HasSubstr("cannot do what --do_3D asks for"));
  EXPECT_THAT(fail({"cellpose", "--pretrained_model", workshop_.model(), "--no_npy"}),
              HasSubstr("expected one of --dir"));
}

TEST_F(Cellpose, TellsADiameterThatTheModelDoesNotLookFor) {
  EXPECT_THAT(call(), Not(HasSubstr("--diameter")));
  EXPECT_THAT(call({"--diameter", "80"}),
              HasSubstr("--diameter 80: the model looks for objects of 14 to 24 px"));
}

}  // namespace
}  // namespace priorseg::test
