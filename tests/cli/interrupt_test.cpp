// Ctrl-C and its like, as a user gives them.
#include <gmock/gmock.h>

#include "tiny_job.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// The words of a training that takes far longer than the tests.
Words long_training(const fs::path& output) {
  return Words{"train",      Workshop::instance().images(),
               "--prior",    Workshop::instance().prior(),
               "-o",         output.string(),
               "--channel",  "grey",
               "--polarity", "bright"} +
         tiny_settings(100000, 100000);
}

bool has_begun(const fs::path& output) { return fs::exists(output / "losses.csv"); }

class Signal : public testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Number, Signal, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_P(Signal, EndsTheTrainingWithACheckpointAndTheShellsExitCode) {
  const TemporaryFolder folder;
  const auto result = run_program(
      long_training(folder.path()), {}, [&] { return has_begun(folder.path()); }, GetParam());
  EXPECT_EQ(result.exit_code, 128 + GetParam()) << result.err;
  EXPECT_THAT(result.err, HasSubstr("stopped; what is finished is kept"));
  EXPECT_EQ(result.err.find("priorseg: warning: "), result.err.rfind("priorseg: warning: ")) << result.err;
  EXPECT_THAT(result.err, Not(HasSubstr("priorseg: error: ")));
  EXPECT_TRUE(fs::exists(folder / "checkpoint.safetensors"));
}

TEST(Interrupt, TheSameCommandGoesOnToTheSameModel) {
  const TemporaryFolder folder;
  const auto words = [&](const std::string& output) {
    return Words{"train", Workshop::instance().images(), "--prior", Workshop::instance().prior(),
                 "-o",    (folder / output).string()} +
           tiny_settings(120, 1000);
  };
  const auto stopped = run_program(
      words("a"), {}, [&] { return has_begun(folder / "a"); }, SIGINT);
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
  const auto unfinished = folder / "a/unfinished_model.safetensors";
  EXPECT_TRUE(is_done(run_program({"segment", Workshop::instance().images(), "--model", unfinished.string(),
                                   "-o", (folder / "segmented").string()})));
  EXPECT_THAT(succeed(words("a")), HasSubstr("goes on from step"));
  EXPECT_FALSE(fs::exists(unfinished));
  succeed(words("b"));
  EXPECT_EQ(read_text(folder / "a/model.safetensors"), read_text(folder / "b/model.safetensors"));
  EXPECT_EQ(read_text(folder / "a/losses.csv"), read_text(folder / "b/losses.csv"));
}

}  // namespace
}  // namespace priorseg::test
