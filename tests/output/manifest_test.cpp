#include "priorseg/output/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "priorseg/core/error.h"
#include "support/temporary_folder.h"

namespace priorseg {
namespace {

ManifestEntry entry_named(const std::string& stem, int64_t index) {
  ManifestEntry entry;
  entry.index = index;
  entry.stem = stem;
  entry.image.name = stem + ".tif";
  entry.image.objects = 7;
  entry.image.seconds = 0.1;
  entry.image.evidence.mean_score = 1.0 / 3;
  entry.image.evidence.is_inverted = true;
  entry.artefacts = {0, 1, 2, 3, 4, 5};
  entry.num_pixels = 100;
  entry.warnings = {"a \"warning\""};
  entry.finished = utc_now();
  return entry;
}

TEST(Manifest, GivesBackWhatWasAddedToTheLastBit) {
  const test::TemporaryFolder folder;
  Manifest manifest(folder / "manifest.jsonl", {});
  manifest.add(entry_named("caf\xE9, 1", 2));
  auto failed = entry_named("b", 1);
  failed.image.failure = "cannot read b.tif";
  manifest.add(failed);
  const auto entries = read_manifest(folder / "manifest.jsonl");
  ASSERT_EQ(entries.size(), 2);
  EXPECT_EQ(entries[0].image.failure, "cannot read b.tif");
  EXPECT_EQ(entries[1].stem, "caf\xE9, 1");
  EXPECT_EQ(entries[1].image.objects, 7);
  EXPECT_EQ(entries[1].image.evidence.mean_score, 1.0 / 3);
  EXPECT_TRUE(std::isnan(entries[1].image.evidence.mean_quality));
  EXPECT_TRUE(entries[1].image.evidence.is_inverted);
  EXPECT_EQ(entries[1].artefacts, (ArtefactCounts{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(entries[1].num_pixels, 100);
  EXPECT_THAT(entries[1].warnings, testing::ElementsAre("a \"warning\""));
}

TEST(Manifest, LastLineOfAnImageCountsAndACutOneDoesNot) {
  const test::TemporaryFolder folder;
  const auto path = folder / "manifest.jsonl";
  Manifest manifest(path, {});
  manifest.add(entry_named("a", 1));
  auto again = entry_named("a", 1);
  again.image.objects = 8;
  manifest.add(again);
  std::ofstream(path, std::ios::app) << R"({"index":2,"ima)";
  ASSERT_EQ(read_manifest(path).size(), 1);
  EXPECT_EQ(read_manifest(path)[0].image.objects, 8);
  Manifest(path, {"a"}).add(entry_named("b", 2));
  EXPECT_EQ(read_manifest(path).size(), 2);
  Manifest(path, {"b"});
  ASSERT_EQ(read_manifest(path).size(), 1);
  EXPECT_EQ(read_manifest(path)[0].stem, "b");
}

TEST(Manifest, NamesTheLineThatIsNone) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "manifest.jsonl") << "{}\n";
  try {
    read_manifest(folder / "manifest.jsonl");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("line 1 of"));
  }
  EXPECT_TRUE(read_manifest(folder / "none.jsonl").empty());
}

}  // namespace
}  // namespace priorseg
