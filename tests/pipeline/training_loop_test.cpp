#include "priorseg/pipeline/training_loop.h"

#include <gmock/gmock.h>

#include "support/error_message.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg::test {
namespace {

using testing::HasSubstr;

/// The loss of step n is n; a checkpoint is the number of steps and the note.
class CountingTrainer {
 public:
  explicit CountingTrainer(int64_t total) : total_(total) {}
  StepFigures step() { return {{"loss", static_cast<double>(done_++)}}; }
  int64_t steps_done() const { return done_; }
  int64_t steps_total() const { return total_; }
  void save_checkpoint(const std::filesystem::path& path, const std::string& note) {
    saved_at.push_back(done_);
    write_text(path, note);
  }
  std::string load_checkpoint(const std::filesystem::path& path, int64_t done) {
    done_ = done;
    return read_text(path);
  }
  std::vector<int64_t> saved_at;

 private:
  int64_t total_, done_ = 0;
};

struct Files {
  TemporaryFolder folder;
  TrainingPlan plan(int64_t checkpoint_every) const {
    TrainingPlan plan;
    plan.task = "count";
    plan.checkpoint = folder / "checkpoint";
    plan.losses = folder / "losses.csv";
    plan.checkpoint_every = checkpoint_every;
    return plan;
  }
};

TEST(TrainingLoop, WritesMeansOfTenStepsAndOfTheRest) {
  const Files files;
  CountingTrainer trainer(23);
  take_steps(trainer, files.plan(100), "", nobody());
  EXPECT_EQ(read_text(files.folder / "losses.csv"), "step,loss\n9,4.5\n19,14.5\n22,21\n");
  EXPECT_TRUE(trainer.saved_at.empty());
}

TEST(TrainingLoop, SavesAtMultiplesButNotAtTheEndUnlessAsked) {
  const Files files;
  CountingTrainer trainer(20);
  take_steps(trainer, files.plan(5), "", nobody());
  EXPECT_EQ(trainer.saved_at, (std::vector<int64_t>{5, 10, 15}));
  CountingTrainer followed(12);
  auto plan = files.plan(5);
  plan.checkpoint_at_end = true;
  int shown = 0;
  plan.after_checkpoint = [&] { ++shown; };
  take_steps(followed, plan, "", nobody());
  EXPECT_EQ(followed.saved_at, (std::vector<int64_t>{5, 10, 12}));
  EXPECT_EQ(shown, 2);
}

TEST(TrainingLoop, MeasuresWithEachCheckpointAndAtTheEnd) {
  const Files files;
  CountingTrainer trainer(12);
  auto plan = files.plan(6);
  plan.measure = [&] { return StepFigures{{"validation", static_cast<double>(trainer.steps_done())}}; };
  take_steps(trainer, plan, "", nobody());
  EXPECT_EQ(read_text(files.folder / "losses.csv"), "step,loss,validation\n5,2.5,6\n9,7.5,\n11,10.5,12\n");
}

TEST(TrainingLoop, StopsBetweenTwoStepsAndWritesTheSameRowsWhenItGoesOn) {
  const Files whole;
  CountingTrainer undisturbed(23);
  take_steps(undisturbed, whole.plan(100), "", nobody());
  for (const int64_t stop : {0, 1, 9, 10, 13, 22}) {
    const Files files;
    CountingTrainer stopped(23);
    RecordingObserver stopping([&](int64_t question) { return question >= stop; });
    EXPECT_THROW(take_steps(stopped, files.plan(100), "", stopping), Stopped);
    ASSERT_EQ(stopped.saved_at, std::vector<int64_t>{stop});
    CountingTrainer resumed(23);
    const auto note = resumed.load_checkpoint(files.folder / "checkpoint", stop);
    take_steps(resumed, files.plan(100), note, nobody());
    EXPECT_EQ(read_text(files.folder / "losses.csv"), read_text(whole.folder / "losses.csv")) << stop;
  }
}

TEST(TrainingLoop, RefusesDamagedSums) {
  EXPECT_THAT(error_message([] { FigureMeans::from_text("{\"steps\": true}"); }), HasSubstr("damaged sums"));
  EXPECT_THAT(error_message([] { FigureMeans::from_text("no json"); }), HasSubstr("damaged sums"));
}

}  // namespace
}  // namespace priorseg::test
