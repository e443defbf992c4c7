#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/run_program.h"

namespace priorseg::test {

using Words = std::vector<std::string>;

inline Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Settings of a prior that trains in an instant. It has not learned much.
inline Words tiny_prior_settings() {
  return {"--set", "prior_masks=64", "--set", "prior.steps=20", "--set", "prior.batch_size=16"};
}

/// Settings of a detector that trains in an instant, in the arithmetic that every processor has. What it
/// finds counts whatever its score.
inline Words tiny_settings(int64_t steps = 6, int64_t checkpoint_every = 1000) {
  Words words = {"-q", "--threads", "1", "--size", "14:24"};
  for (const std::string& setting :
       {std::string("detector.localizer.channels=[8,8,16]"), std::string("detector.localizer.reduction=1"),
        std::string("detector.encoder.kind=strided"), std::string("detector.encoder.channels=[8,8,16]"),
        std::string("detector.training.batch_size=2"), std::string("detector.training.crop_size=64"),
        std::string("detector.inference.min_contrast=2"), std::string("detector.inference.presence=0.1"),
        std::string("detector.inference.min_score=0"), std::string("detector.training.precision=float32"),
        std::string("detector.self_training.steps=0"), std::string("detector.self_training.refine_steps=1"),
        "detector.training.steps=" + std::to_string(steps),
        "detector.training.checkpoint_every=" + std::to_string(checkpoint_every)}) {
    words = words + Words{"--set", setting};
  }
  return words;
}

/// Simulates images into folder/images and folder/labels: sim_000.tif, sim_001.tif ...
inline void simulate(const std::filesystem::path& folder, int count, const std::string& preset = "nuclei") {
  const auto result = run_program({"simulate", "-q", "-n", std::to_string(count), "--preset", preset,
                                   "--image-size", "96x80", "--size", "14:24", "-o", folder.string()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
}

/// Exit code of a job that was done, although nothing of what was found can be trusted.
constexpr int kNotToBeTrusted = 3;

/// Whether a job was done. What tiny networks find may or may not be trusted, and says nothing of what is
/// tested with them.
inline bool is_done(const ProgramResult& result) {
  return result.exit_code == 0 || result.exit_code == kNotToBeTrusted;
}

/// Runs the program and expects success; returns what it wrote to stderr.
inline std::string succeed(const Words& words, const std::filesystem::path& folder = {}) {
  const auto result = run_program(words, folder);
  const bool finds_objects = words.front() == "run" || words.front() == "segment";
  if (finds_objects)
    EXPECT_TRUE(is_done(result)) << result.exit_code << result.err;
  else
    EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.err;
}

/// Runs the program and expects failure (exit code 1) with one line on stderr; returns it.
inline std::string fail(const Words& words, const std::filesystem::path& folder = {}) {
  const auto result = run_program(words, folder);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
  return result.err;
}

/// priorseg prior with tiny settings. One thread, so that the result is the same to the bit.
inline Words tiny_prior(const Words& words) {
  return Words{"prior"} + words + Words{"-q", "--threads", "1"} + tiny_prior_settings();
}

/// Two simulated images, a prior and a model, made once a test program. Tests read them only.
class Workshop {
 public:
  static const Workshop& instance() {
    static const Workshop workshop;
    return workshop;
  }
  std::string images() const { return (folder_ / "sim/images").string(); }
  std::string labels() const { return (folder_ / "sim/labels").string(); }
  std::string prior() const { return (folder_ / "prior.safetensors").string(); }
  std::string model() const { return (folder_ / "out/model.safetensors").string(); }

 private:
  Workshop() {
    simulate(folder_ / "sim", 2);
    succeed(tiny_prior({"synthetic", "-o", prior()}));
    succeed(Words{"train", images(), "--prior", prior(), "-o", (folder_ / "out").string()} +
            tiny_settings(40));
  }
  TemporaryFolder folder_;
};

}  // namespace priorseg::test
