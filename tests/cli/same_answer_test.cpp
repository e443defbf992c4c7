// One question has one answer: the same job again, with other threads, on another processor, by another
// version.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "support/test_tiff.h"
#include "tiny_job.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;

/// Labels of a map of 16 bits, row by row.
std::vector<uint16_t> labels_of(const fs::path& path) {
  TIFF* tiff = TIFFOpen(path.c_str(), "r");
  if (tiff == nullptr) throw std::runtime_error("cannot read " + path.string());
  uint32_t width = 0, height = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  std::vector<uint16_t> labels(size_t{width} * height);
  for (uint32_t row = 0; row < height; ++row)
    TIFFReadScanline(tiff, labels.data() + size_t{row} * width, row);
  TIFFClose(tiff);
  return labels;
}

/// The share of pixels that are object in one map and not in the other, of those that are in either.
double difference(const fs::path& a, const fs::path& b) {
  const auto first = labels_of(a), second = labels_of(b);
  EXPECT_EQ(first.size(), second.size());
  double either = 0, one = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    either += first[i] > 0 || second[i] > 0 ? 1 : 0;
    one += (first[i] > 0) != (second[i] > 0) ? 1 : 0;
  }
  return either > 0 ? one / either : 0;
}

class SameAnswer : public testing::Test {
 protected:
  ~SameAnswer() override { unsetenv("ONEDNN_MAX_CPU_ISA"); }

  fs::path segmented(const std::string& name, const Words& more) const {
    succeed(Words{"segment", workshop_.images(), "--model", workshop_.model(), "-q", "-o",
                  (folder_ / name).string()} +
            more);
    return folder_ / name / "labels/sim_000.tif";
  }

  const Workshop& workshop_ = Workshop::instance();
  const TemporaryFolder folder_;
};

TEST_F(SameAnswer, ToTheBitForTheSameSeedAndThreads) {
  Words settings =
      tiny_settings(30) + tiny_prior_settings() + Words{"--set", "detector.self_training.steps=10"};
  *(std::find(settings.begin(), settings.end(), "--threads") + 1) = "2";
  for (const char* name : {"a", "b"})
    succeed(Words{"run", workshop_.images(), "-o", (folder_ / name).string(), "--seed", "7"} + settings);
  for (const char* file : {"prior.safetensors", "model.safetensors", "losses.csv", "labels/sim_000.tif",
                           "labels/sim_001.tif", "objects.csv"})
    EXPECT_EQ(read_text(folder_ / "a" / file), read_text(folder_ / "b" / file)) << file;
}

TEST_F(SameAnswer, NearlyForOtherThreadsAndProcessors) {
  constexpr double kMostDifference =
      0.02;  // of the pixels of objects; arithmetic is rounded in another order
  const auto usual = segmented("usual", {"--threads", "1"});
  EXPECT_EQ(read_text(segmented("again", {"--threads", "1"})), read_text(usual));
  EXPECT_LE(difference(usual, segmented("threads", {"--threads", "3"})), kMostDifference);
  for (const char* processor : {"SSE41", "AVX2", "AVX512_CORE"}) {
    setenv("ONEDNN_MAX_CPU_ISA", processor, 1);
    EXPECT_LE(difference(usual, segmented(processor, {"--threads", "1"})), kMostDifference) << processor;
  }
}

TEST_F(SameAnswer, AlmostInShortNumbers) {
  constexpr double kMostDifference = 0.15;  // 8 bits of a number are kept
  EXPECT_LE(difference(segmented("float32", {"--precision", "float32"}),
                       segmented("bfloat16", {"--precision", "bfloat16"})),
            kMostDifference);
}

/// Made by version 0.1.0: simulate -n 1 --image-size 96x80 --size 14:24; a prior of 16 px patches; train with
/// a localizer of 4, 4 and 8 channels, 400 steps; segment.
TEST_F(SameAnswer, AModelOfTheFirstVersionFindsWhatItFoundThen) {
  const fs::path then = fs::path(PRIORSEG_SOURCE_DIR) / "tests/cli/version_0.1";
  succeed({"segment", (then / "image.tif").string(), "--model", (then / "model.safetensors").string(), "-q",
           "--threads", "1", "-o", (folder_ / "now").string()});
  EXPECT_LE(difference(then / "labels.tif", folder_ / "now/labels/image.tif"), 0.02);
  const auto found = labels_of(folder_ / "now/labels/image.tif"), expected = labels_of(then / "labels.tif");
  EXPECT_EQ(*std::max_element(found.begin(), found.end()),
            *std::max_element(expected.begin(), expected.end()));
}

}  // namespace
}  // namespace priorseg::test
