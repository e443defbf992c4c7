// priorseg calibrate, and the same at the end of priorseg run --learn-prior.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "cli/tiny_job.h"
#include "priorseg/image/image_file.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

/// Annotations that a model itself drew, at a level that it was not trained with.
class CalibrateVerb : public testing::Test {
 protected:
  static Words quiet() { return {"-q", "--threads", "1"}; }
  fs::path segmented(const std::string& model, const std::string& name, const Words& more = {}) const {
    succeed(Words{"segment", workshop_.images(), "--model", model, "-o", (folder_ / name).string()} +
            quiet() + more);
    return folder_ / name / "labels";
  }
  Words calibrate(const fs::path& labels, const fs::path& images = {}) const {
    return Words{"calibrate",
                 (images.empty() ? fs::path(workshop_.images()) : images).string(),
                 labels.string(),
                 "--model",
                 workshop_.model(),
                 "-o",
                 (folder_ / "new.safetensors").string()} +
           quiet();
  }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(CalibrateVerb, FindsTheLevelOfTheAnnotationAndDrawsItsOutlines) {
  const auto truth = segmented(workshop_.model(), "truth", {"--mask-threshold", "0.7"});
  ASSERT_GT(read_label_map(truth / "sim_000.tif").max().item<int32_t>(), 0);
  EXPECT_THAT(succeed(calibrate(truth)), HasSubstr("masks are cut at 0.70"));
  const auto model = (folder_ / "new.safetensors").string();
  EXPECT_THAT(run_program({"info", model}).out,
              AllOf(HasSubstr("\"mask_threshold\": 0.7"), HasSubstr("\"trained_mask_threshold\": 0.5")));
  const auto found = segmented(model, "found");
  for (const char* name : {"sim_000.tif", "sim_001.tif"})
    EXPECT_TRUE(read_label_map(found / name).equal(read_label_map(truth / name))) << name;
}

TEST_F(CalibrateVerb, KeepsTheLevelWhereNoOtherIsBetter) {
  const auto truth = segmented(workshop_.model(), "truth");
  EXPECT_THAT(succeed(calibrate(truth)), HasSubstr("masks are cut at 0.50"));
}

TEST_F(CalibrateVerb, ASinglePartlyAnnotatedImageIsEnough) {
  auto labels =
      read_label_map(segmented(workshop_.model(), "truth", {"--mask-threshold", "0.3"}) / "sim_000.tif");
  labels.masked_fill_(labels > 1, 0);
  fs::create_directories(folder_ / "one");
  write_label_map(folder_ / "one/some_name.tif", labels);
  EXPECT_THAT(succeed(calibrate(folder_ / "one/some_name.tif", workshop_.images() + "/sim_000.tif")),
              HasSubstr("masks are cut at 0.3"));
}

TEST_F(CalibrateVerb, RefusesAnnotationsThatDoNotBelongToTheImage) {
  fs::create_directories(folder_ / "labels");
  write_label_map(folder_ / "labels/sim_000.tif", torch::ones({96, 81}, torch::kInt32));
  EXPECT_THAT(fail(calibrate(folder_ / "labels")), AllOf(HasSubstr("81 x 96 px"), HasSubstr("80 x 96 px")));
  const auto corner = torch::zeros({96, 80}, torch::kInt32);
  corner.slice(0, 0, 2).slice(1, 0, 2).fill_(1);
  write_label_map(folder_ / "labels/sim_000.tif", corner);
  EXPECT_THAT(fail(calibrate(folder_ / "labels")), HasSubstr("little in common"));
  write_label_map(folder_ / "labels/unknown.tif", corner);
  EXPECT_THAT(fail(calibrate(folder_ / "labels")), HasSubstr("no image for 1 of 2 label maps"));
  EXPECT_FALSE(fs::exists(folder_ / "new.safetensors"));
}

TEST_F(CalibrateVerb, IsWhatRunDoesWithTheImageOfItsLabelMap) {
  const auto run = [&](const Words& more) {
    return succeed(Words{"run", workshop_.images(), "--learn-prior", workshop_.labels() + "/sim_001.tif",
                         "-o", (folder_ / "out").string()} +
                   tiny_settings(40) + tiny_prior_settings() + more);
  };
  const auto labels = [&] { return read_text(folder_ / "out/labels/sim_000.tif"); };
  EXPECT_THAT(run({}), HasSubstr("so they fit the annotation of sim_001 best"));
  const auto calibrated = labels();
  EXPECT_THAT(run({}), AllOf(HasSubstr("already trained"), HasSubstr("masks are cut at")));
  EXPECT_EQ(labels(), calibrated);
  EXPECT_THAT(run({"--set", "calibrate=false"}),
              AllOf(HasSubstr("already trained"), Not(HasSubstr("masks are cut at"))));
  EXPECT_THAT(run_program({"info", (folder_ / "out/model.safetensors").string()}).out,
              AllOf(HasSubstr("\"mask_threshold\": 0.5,"), Not(HasSubstr("trained_mask_threshold"))));
}

TEST_F(CalibrateVerb, RunTellsWhereNoImageHasTheNameOfALabelMap) {
  fs::create_directories(folder_ / "labels");
  fs::copy(workshop_.labels() + "/sim_000.tif", folder_ / "labels/other.tif");
  EXPECT_THAT(succeed(Words{"run", workshop_.images(), "--learn-prior", (folder_ / "labels").string(), "-o",
                            (folder_ / "out").string()} +
                      tiny_settings() + tiny_prior_settings()),
              HasSubstr("no image that was learned from has the name of a label map"));
}

}  // namespace
}  // namespace priorseg::test
