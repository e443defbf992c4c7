#include "priorseg/eval/label_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "priorseg/core/error.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class LabelFiles : public testing::Test {
 protected:
  LabelFiles()
      : root_(fs::path(testing::TempDir()) / ("priorseg_label_files_" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~LabelFiles() override { fs::remove_all(root_); }

  void touch(const std::vector<std::string>& files) {
    for (const auto& file : files) {
      fs::create_directories((root_ / file).parent_path());
      std::ofstream(root_ / file) << "x";
    }
  }

  /// "truth < prediction" of each pair, by file name.
  std::vector<std::string> pairs() {
    std::vector<std::string> result;
    for (const auto& pair : pair_label_files(root_ / "predicted", root_ / "truth").pairs) {
      result.push_back(pair.truth.filename().string() + " < " +
                       pair.predicted.lexically_relative(root_).string());
    }
    return result;
  }

  std::string message() {
    try {
      pair_label_files(root_ / "predicted", root_ / "truth");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  const fs::path root_;
};

TEST_F(LabelFiles, PairByNameWhateverTheExtension) {
  touch({"truth/a.tif", "truth/b.png", "predicted/b.tif", "predicted/a.TIFF", "predicted/notes.txt"});
  EXPECT_THAT(pairs(), ElementsAre("a.tif < predicted/a.TIFF", "b.png < predicted/b.tif"));
}

TEST_F(LabelFiles, PairOmeTiffWithTiff) {
  touch({"truth/a.tif", "truth/b.ome.tif", "predicted/a.ome.tif", "predicted/b.tif"});
  EXPECT_THAT(pairs(), ElementsAre("a.tif < predicted/a.ome.tif", "b.ome.tif < predicted/b.tif"));
}

TEST_F(LabelFiles, ReadLabelsOfAnOutputFolder) {
  touch({"truth/a.tif", "predicted/a.png", "predicted/labels/a.tif", "predicted/labels/.a.partial-1.tif"});
  EXPECT_THAT(pairs(), ElementsAre("a.tif < predicted/labels/a.tif"));
}

TEST_F(LabelFiles, PreferTiffToAPictureOfTheSameName) {
  touch({"truth/a.tif", "predicted/a.png", "predicted/a.tif"});
  EXPECT_THAT(pairs(), ElementsAre("a.tif < predicted/a.tif"));
}

TEST_F(LabelFiles, PairWithTheEndingsOfOtherTools) {
  touch({"truth/a.tif", "truth/b_masks.tif", "predicted/a_cp_masks.tif", "predicted/b_cp_masks.png"});
  EXPECT_THAT(pairs(),
              ElementsAre("a.tif < predicted/a_cp_masks.tif", "b_masks.tif < predicted/b_cp_masks.png"));
}

TEST_F(LabelFiles, PairCellTrackingChallengeFramesByNumber) {
  touch({"truth/SEG/man_seg075.tif", "truth/SEG/man_seg_076.tif", "truth/SEG/man_seg000.tif",
         "predicted/mask0075.tif", "predicted/t076.tif", "predicted/mask000.tif"});
  EXPECT_THAT(pairs(),
              ElementsAre("man_seg000.tif < predicted/mask000.tif", "man_seg075.tif < predicted/mask0075.tif",
                          "man_seg_076.tif < predicted/t076.tif"));
}

TEST_F(LabelFiles, DoNotPairOtherNamesByNumber) {
  touch({"truth/A02.tif", "predicted/B02.tif"});
  EXPECT_THAT(message(), HasSubstr("no prediction in"));
}

TEST_F(LabelFiles, NameTheFirstTruthsWithoutPrediction) {
  touch({"truth/a.tif", "truth/b.tif", "truth/c.tif", "truth/d.tif", "truth/e.tif", "predicted/c.tif"});
  EXPECT_THAT(message(), HasSubstr("for 4 of 5 true label maps (a.tif, b.tif, d.tif, ...)"));
}

TEST_F(LabelFiles, ListPredictionsWithoutTruth) {
  touch({"truth/b.tif", "predicted/c.tif", "predicted/b.tif", "predicted/a.tif"});
  EXPECT_THAT(pair_label_files(root_ / "predicted", root_ / "truth").unpaired,
              ElementsAre(root_ / "predicted/a.tif", root_ / "predicted/c.tif"));
}

TEST_F(LabelFiles, PairTwoFilesWhateverTheirNames) {
  touch({"x.tif", "y.png"});
  const auto pairing = pair_label_files(root_ / "x.tif", root_ / "y.png");
  ASSERT_EQ(pairing.pairs.size(), 1u);
  EXPECT_EQ(pairing.pairs[0].name, "y");
  EXPECT_EQ(pairing.pairs[0].predicted, root_ / "x.tif");
}

TEST_F(LabelFiles, PairOneFileWithItsCounterpartInAFolder) {
  touch({"truth/a.tif", "truth/b.tif", "predicted/a.tif", "predicted/b.tif"});
  const auto one_prediction = pair_label_files(root_ / "predicted/b.tif", root_ / "truth");
  ASSERT_EQ(one_prediction.pairs.size(), 1u);
  EXPECT_EQ(one_prediction.pairs[0].name, "b");
  const auto one_truth = pair_label_files(root_ / "predicted", root_ / "truth/a.tif");
  ASSERT_EQ(one_truth.pairs.size(), 1u);
  EXPECT_EQ(one_truth.unpaired.size(), 1u);
}

TEST_F(LabelFiles, RefuseTwoFilesForOneImage) {
  touch({"truth/man_seg005.tif", "predicted/mask005.tif", "predicted/t005.tif"});
  EXPECT_THAT(message(), HasSubstr("both stand for image '5'"));
  fs::remove_all(root_ / "predicted");
  touch({"predicted/a.tif", "predicted/a.tiff"});
  EXPECT_THAT(message(), HasSubstr("both stand for image 'a'"));
}

TEST_F(LabelFiles, RefuseOnePredictionForTwoTruths) {
  touch({"truth/a.tif", "truth/a_labels.tif", "predicted/a.tif"});
  EXPECT_THAT(message(), HasSubstr("both belong to the prediction"));
}

TEST_F(LabelFiles, NameAPathThatDoesNotExistOrHoldsNothing) {
  touch({"truth/a.tif"});
  EXPECT_THAT(message(), HasSubstr("there is no prediction at"));
  fs::create_directories(root_ / "predicted");
  EXPECT_THAT(message(), HasSubstr("holds no label maps"));
}

using Paths = std::vector<fs::path>;

TEST(ImagesWithLabels, PairByNameByEndingAndByFrameNumber) {
  const auto pairs = pair_images_with_labels(Paths{"i/a.png", "i/b.tif", "i/spare.tif", "i/t007.tif"},
                                             Paths{"l/b_masks.tif", "l/a.tif", "l/man_seg007.tif"});
  ASSERT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0].name, "a");
  EXPECT_EQ(pairs[0].image, "i/a.png");
  EXPECT_EQ(pairs[0].labels, "l/a.tif");
  EXPECT_EQ(pairs[1].image, "i/b.tif");
  EXPECT_EQ(pairs[2].image, "i/t007.tif");
}

TEST(ImagesWithLabels, OneOfEachIsAPairWhateverTheirNames) {
  const auto pairs = pair_images_with_labels(Paths{"x.tif"}, Paths{"y.tif"});
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].image, "x.tif");
  EXPECT_EQ(pairs[0].labels, "y.tif");
}

TEST(ImagesWithLabels, LabelMapsWithoutImageAreNamed) {
  EXPECT_THAT(test::error_message([] {
                pair_images_with_labels(Paths{"a.tif", "b.tif"}, Paths{"a.tif", "c.tif", "d.tif"});
              }),
              testing::AllOf(HasSubstr("no image for 2 of 3 label maps"), HasSubstr("c.tif, d.tif")));
}

TEST(AnnotatedImages, AreThoseThatOneLabelMapNamesBeyondDoubt) {
  const auto found =
      find_annotated_images(Paths{"i/b.tif", "i/a.png", "i/spare.tif", "i/t007.tif"},
                            Paths{"l/a_cp_masks.tif", "l/b.tif", "m/b.tif", "l/man_seg7.tif", "l/none.tif"});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].image, "i/a.png");
  EXPECT_EQ(found[0].labels, "l/a_cp_masks.tif");
  EXPECT_EQ(found[1].name, "man_seg7");
  EXPECT_EQ(found[1].image, "i/t007.tif");
  EXPECT_TRUE(find_annotated_images(Paths{"x.tif"}, Paths{"y.tif"}).empty());
  EXPECT_TRUE(find_annotated_images(Paths{"x.tif"}, {}).empty());
}

}  // namespace
}  // namespace priorseg
