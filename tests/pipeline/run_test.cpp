#include "priorseg/pipeline/run.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "priorseg/core/tensor_file.h"
#include "priorseg/image/image_file.h"
#include "priorseg/pipeline/prior.h"
#include "support/manifest_text.h"
#include "support/recording_observer.h"
#include "support/text_file.h"
#include "tiny_run.h"

namespace priorseg::test {
namespace {

using testing::HasSubstr;

/// What a job leaves, but for the report and other times and the record of the folder: name and bytes of each
/// file.
std::map<std::string, std::string> results_in(const TemporaryFolder& folder) {
  std::map<std::string, std::string> results;
  for (const auto& name : folder.files()) {
    if (name == "report.html" || name.starts_with(".priorseg")) continue;
    const auto content = read_text(folder / name);
    results[name] = name == "manifest.jsonl" ? manifest_without_times(content) : content;
  }
  return results;
}

/// The names of those that differ or are there once only, for a message that can be read.
std::string differences(const std::map<std::string, std::string>& a,
                        const std::map<std::string, std::string>& b) {
  std::string names;
  for (const auto& [name, bytes] : a)
    if (const auto other = b.find(name); other == b.end() || other->second != bytes) names += name + " ";
  for (const auto& [name, bytes] : b)
    if (!a.contains(name)) names += name + " ";
  return names;
}

/// One thread: sums come in one order.
class Run : public testing::Test {
 protected:
  void SetUp() override {
    threads_ = at::get_num_threads();
    at::set_num_threads(1);
  }
  void TearDown() override { at::set_num_threads(threads_); }

 private:
  int threads_ = 1;
};

TEST_F(Run, GoesThroughEveryStage) {
  const TemporaryFolder folder;
  RecordingObserver observer;
  const auto result = run(tiny_input(), tiny_settings(), folder.path(), observer);
  std::set<std::string> stages;
  for (const auto& report : observer.reports) stages.insert(report.stage);
  EXPECT_THAT(stages,
              testing::IsSupersetOf({"compare images", "train prior", "read images", "train detector",
                                     "find what to learn", "learn from finds", "calibrate", "segment"}));
  ASSERT_TRUE(result.batch.has_value());
  EXPECT_EQ(result.batch->images.size(), 3u);
  EXPECT_EQ(result.batch->failures, 0);
  EXPECT_EQ(result.detector.trained_steps(), 38);
  for (const auto* name : {"model.safetensors", "prior.safetensors", "settings.json", "losses.csv",
                           "objects.csv", "report.html", "labels/sim_000.tif", "overlays/sim_002.png"})
    EXPECT_TRUE(std::filesystem::exists(folder / name)) << name;
  EXPECT_FALSE(std::filesystem::exists(folder / "checkpoint.safetensors"));
}

TEST_F(Run, TrainsAloneWhereNothingIsToBeSegmented) {
  const TemporaryFolder folder;
  RunInput input = tiny_input();
  input.segmented.clear();
  const auto result = run(input, tiny_settings(), folder.path(), nobody());
  EXPECT_FALSE(result.batch.has_value());
  EXPECT_TRUE(std::filesystem::exists(folder / "model.safetensors"));
  EXPECT_FALSE(std::filesystem::exists(folder / "objects.csv"));
}

TEST_F(Run, InterruptedAnywhereItEndsWithTheSameBits) {
  const TemporaryFolder undisturbed;
  RecordingObserver counting;
  run(tiny_input(), tiny_settings(), undisturbed.path(), counting);
  const auto expected = results_in(undisturbed);
  const int64_t questions = counting.questions;
  ASSERT_GT(questions, 80);
  constexpr int64_t kInterruptions = 10;
  std::set<std::string> interrupted_stages;
  for (int64_t i = 0; i < kInterruptions; ++i) {
    const int64_t moment = (2 * i + 1) * questions / (2 * kInterruptions);
    const TemporaryFolder folder;
    RecordingObserver stopping([&](int64_t question) { return question >= moment; });
    EXPECT_THROW(run(tiny_input(), tiny_settings(), folder.path(), stopping), Stopped) << moment;
    if (!stopping.reports.empty()) interrupted_stages.insert(stopping.reports.back().stage);
    run(tiny_input(), tiny_settings(), folder.path(), nobody());
    EXPECT_EQ(differences(results_in(folder), expected), "")
        << "interrupted at question " << moment << " of " << questions;
  }
  EXPECT_GE(interrupted_stages.size(), 5u);
}

TEST_F(Run, InterruptedInEachStageItEndsWithTheSameBits) {
  const TemporaryFolder undisturbed;
  run(tiny_input(), tiny_settings(), undisturbed.path(), nobody());
  const auto expected = results_in(undisturbed);
  for (const std::string stage : {"compare images", "train prior", "read images", "train detector",
                                  "find what to learn", "learn from finds", "calibrate", "segment"}) {
    const TemporaryFolder folder;
    RecordingObserver* watched = nullptr;
    RecordingObserver stopping(
        [&](int64_t) { return !watched->reports.empty() && watched->reports.back().stage == stage; });
    watched = &stopping;
    EXPECT_THROW(run(tiny_input(), tiny_settings(), folder.path(), stopping), Stopped) << stage;
    run(tiny_input(), tiny_settings(), folder.path(), nobody());
    EXPECT_EQ(differences(results_in(folder), expected), "") << "interrupted in stage " << stage;
  }
}

TEST_F(Run, LearnsTheSameFromMemoryAsFromFiles) {
  RunInput of_files = tiny_input();
  of_files.segmented.clear();
  RunInput of_memory = of_files;
  of_memory.images.clear();
  for (const auto& image : of_files.images) of_memory.images.emplace_back(read_image(image.file()), "image");
  of_memory.label_maps = {{of_files.label_maps.front().read(), "labels"}};
  of_memory.annotated = {{"annotated", of_memory.images.front(), of_memory.label_maps.front()}};
  of_files.annotated = {{"annotated", of_files.images.front(), of_files.label_maps.front()}};
  auto settings = tiny_settings();
  settings.calibrate = true;
  const TemporaryFolder files, memory;
  run(of_files, settings, files.path(), nobody());
  run(of_memory, settings, memory.path(), nobody());
  EXPECT_EQ(read_text(memory / "losses.csv"), read_text(files / "losses.csv"));
  const auto weights = read_tensor_file(files / "model.safetensors").tensors;
  for (const auto& [name, tensor] : read_tensor_file(memory / "model.safetensors").tensors)
    EXPECT_TRUE(tensor.equal(weights.at(name))) << name;
}

TEST_F(Run, TakesAPriorInMemory) {
  const TemporaryFolder folder;
  RunInput input = tiny_input();
  input.segmented.clear();
  input.prior = std::make_shared<ShapePrior>(make_synthetic_prior(tiny_settings(), nobody()));
  const auto result = run(input, tiny_settings(), folder.path(), nobody());
  EXPECT_TRUE(result.detector.prior().sample(2, 1).equal(input.prior->sample(2, 1)));
  EXPECT_TRUE(ShapePrior::load(folder / "prior.safetensors").sample(2, 1).equal(input.prior->sample(2, 1)));
}

TEST_F(Run, TellsClashingNamesBeforeItTrains) {
  const TemporaryFolder folder;
  RunInput input = tiny_input();
  input.segmented.push_back(std::filesystem::path(input.segmented.front()).replace_extension(".png"));
  RecordingObserver observer;
  EXPECT_THROW(run(input, tiny_settings(), folder / "out", observer), std::exception);
  EXPECT_TRUE(observer.reports.empty());
}

}  // namespace
}  // namespace priorseg::test
