// The file of a detector: Detector::save and Detector::load.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <filesystem>
#include <string>

#include "detector/tiny_detector.h"
#include "priorseg/core/tensor_file.h"
#include "priorseg/detector/detector.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using namespace test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ModelFile : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "model.safetensors"; }
  std::string message_of_loading() const {
    const std::string message = error_message([&] { Detector::load(path()); });
    EXPECT_EQ(count_lines(message), 1) << message;
    return message;
  }

  TemporaryFolder folder_;
};

TEST_F(ModelFile, GivesTheSameDetectionsToTheBit) {
  auto detector = trained_detector();
  detector.set_seed(7);
  detector.save(path());
  EXPECT_THAT(folder_.files(), ElementsAre("model.safetensors"));
  auto loaded = Detector::load(path());
  const auto pixels = draw_ellipses(scattered_ellipses(96, 128, 3), 96, 128);
  const auto expected = detector.find({pixels, 0}), found = loaded.find({pixels, 0});
  ASSERT_GT(expected.objects.size(), 3u);
  EXPECT_TRUE(found.instances.boxes.equal(expected.instances.boxes));
  EXPECT_TRUE(found.instances.scores.equal(expected.instances.scores));
  EXPECT_TRUE(found.instances.latents.equal(expected.instances.latents));
  EXPECT_TRUE(found.instances.masks.equal(expected.instances.masks));
  ASSERT_EQ(found.objects.size(), expected.objects.size());
  for (size_t i = 0; i < found.objects.size(); ++i)
    EXPECT_EQ(found.objects[i].bits, expected.objects[i].bits);
  EXPECT_EQ(loaded.trained_steps(), tiny_options().training.steps);
  EXPECT_EQ(loaded.seed(), 7u);
  EXPECT_EQ(options_to_json(loaded.options()), options_to_json(detector.options()));
  EXPECT_EQ(options_to_json(loaded.prior().options()), options_to_json(detector.prior().options()));
}

TEST_F(ModelFile, RemembersTheLevelBeforeItWasCalibrated) {
  auto detector = trained_detector();
  const double before = detector.options().inference.mask_threshold;
  detector.calibrate(0.7);
  detector.calibrate(0.6);
  detector.save(path());
  const auto loaded = Detector::load(path());
  EXPECT_EQ(loaded.options().inference.mask_threshold, 0.6);
  EXPECT_EQ(loaded.trained_options().inference.mask_threshold, before);
  EXPECT_EQ(options_to_json(trained_detector().trained_options()),
            options_to_json(detector.trained_options()));
  const auto calibrated = read_text(path());
  detector.calibrate(before);
  detector.save(path());
  const auto back = read_text(path());
  trained_detector().save(path());
  EXPECT_EQ(back, read_text(path()));
  EXPECT_NE(calibrated, back);
  detector.calibrate(0.6);
  EXPECT_THAT(error_message([&] { detector.calibrate(1.5); }), HasSubstr("mask_threshold"));
  EXPECT_EQ(detector.options().inference.mask_threshold, 0.6);
}

TEST_F(ModelFile, ThatIsAPriorIsAnError) {
  tiny_prior().save(path());
  EXPECT_THAT(message_of_loading(), AllOf(HasSubstr("model.safetensors"), HasSubstr("'priorseg prior 1'"),
                                          HasSubstr("priorseg train")));
}

TEST_F(ModelFile, CutShortIsAnError) {
  trained_detector().save(path());
  const std::string whole = read_text(path());
  for (const size_t length : {size_t{0}, size_t{9}, whole.size() / 2, whole.size() - 1}) {
    write_text(path(), std::string_view(whole).substr(0, length));
    EXPECT_THAT(message_of_loading(), HasSubstr("not a whole safetensors file")) << length;
  }
}

TEST_F(ModelFile, WithoutATensorIsAnErrorThatNamesFileAndTensor) {
  trained_detector().save(path());
  const TensorFile whole = read_tensor_file(path());
  for (const char* name : {"localizer.head.weight", "encoder.head.bias", "prior.examples"}) {
    TensorFile file = whole;
    ASSERT_EQ(file.tensors.erase(name), 1u);
    write_tensor_file(path(), file);
    EXPECT_THAT(message_of_loading(), AllOf(HasSubstr("model.safetensors"), HasSubstr(name)));
  }
}

TEST_F(ModelFile, OfAnUnknownSettingIsAnErrorThatNamesFileAndSetting) {
  trained_detector().save(path());
  TensorFile file = read_tensor_file(path());
  auto settings = nlohmann::json::parse(file.metadata.at("settings"));
  settings["detector"]["size"]["usual"] = 3;
  file.metadata["settings"] = settings.dump();
  write_tensor_file(path(), file);
  EXPECT_THAT(message_of_loading(),
              AllOf(HasSubstr("model.safetensors"), HasSubstr("'detector.size.usual' is not known")));
}

}  // namespace
}  // namespace priorseg
