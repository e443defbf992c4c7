// What was found by `make fuzz`, and the seeds that it begins with, as ordinary tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "fuzz_target.h"
#include "priorseg/core/error.h"
#include "support/text_file.h"

namespace priorseg::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path kFindings = fs::path(PRIORSEG_SOURCE_DIR) / "tests/fuzz/findings";

class FuzzedReader : public testing::TestWithParam<FuzzTarget> {};

INSTANTIATE_TEST_SUITE_P(Of, FuzzedReader, testing::ValuesIn(all_targets()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(FuzzedReader, TakesItsSeeds) {
  const auto seeds = GetParam().seeds();
  EXPECT_FALSE(seeds.empty());
  for (const auto& seed : seeds) EXPECT_NO_THROW(read_or_refuse(GetParam(), seed));
}

TEST_P(FuzzedReader, RefusesWhatWasFoundBefore) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kFindings / GetParam().name, none)) {
    SCOPED_TRACE(entry.path().filename().string());
    EXPECT_NO_THROW(read_or_refuse(GetParam(), test::read_text(entry.path())));
  }
}

/// A little of what the fuzzer does, on every machine that runs the tests.
TEST_P(FuzzedReader, TakesSeedsThatAreCutShortOrHaveWrongBytes) {
  std::mt19937 random(1);
  const auto below = [&](size_t count) { return random() % count; };
  for (const auto& seed : GetParam().seeds()) {
    for (int tries = 0; tries < 20; ++tries) {
      std::string bytes = seed.substr(0, tries % 3 == 0 ? below(seed.size() + 1) : seed.size());
      for (size_t i = 0; !bytes.empty() && i < 1 + below(4); ++i)
        bytes[below(bytes.size())] = static_cast<char>(random());
      EXPECT_NO_THROW(read_or_refuse(GetParam(), bytes)) << "try " << tries;
    }
  }
}

TEST(FuzzedReaders, HaveFindingsOfTargetsThatAreThere) {
  const auto targets = all_targets();
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(kFindings, none)) {
    const std::string name = entry.path().filename().string();
    EXPECT_TRUE(std::any_of(targets.begin(), targets.end(), [&](const auto& target) {
      return target.name == name;
    })) << name;
  }
}

}  // namespace
}  // namespace priorseg::fuzz
