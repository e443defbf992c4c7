#include "priorseg/data/benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "priorseg/data/benchmark_pixels.h"
#include "support/error_message.h"
#include "support/look_alikes.h"
#include "support/temporary_folder.h"
#include "support/test_data.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using namespace test;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> names(const std::vector<BenchmarkImage>& images) {
  std::vector<std::string> result;
  for (const auto& image : images) result.push_back(image.name);
  return result;
}

std::string message(const std::string& name, const fs::path& folder) {
  return error_message([&] { load_benchmark(name, folder); });
}

/// @param values  [H,W], 0 to 255: written as a grey or, with `colour`, as a red picture.
void write_mask_png(const fs::path& path, const torch::Tensor& values, bool colour) {
  fs::create_directories(path.parent_path());
  const auto bytes = values.to(torch::kUInt8).contiguous();
  cv::Mat grey(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)), CV_8UC1,
               bytes.data_ptr<uint8_t>());
  if (!colour) {
    cv::imwrite(path.string(), grey);
    return;
  }
  const cv::Mat none = cv::Mat::zeros(grey.size(), CV_8UC1), full(grey.size(), CV_8UC1, cv::Scalar(255));
  cv::Mat picture;
  cv::merge(std::vector<cv::Mat>{none, none, grey, full}, picture);  // OpenCV's order: blue to alpha
  cv::imwrite(path.string(), picture);
}

/// BBBC006 as it is unpacked: both channels, sites 1 and 2 of the given wells.
void make_bbbc006(const fs::path& folder, const std::vector<std::string>& wells, int64_t height = 300,
                  int64_t width = 320) {
  const auto labels = four_squares(height, width, 9);
  for (const auto& well : wells) {
    for (const char* site : {"_s1", "_s2"}) {
      const std::string start = "mcf-z-stacks-03212011_" + well + site;
      for (const char* channel : {"_w1", "_w2"}) {
        write_grey_tiff(folder / "BBBC006_v1_images_z_16" /
                            (start + channel + "a0cd3f30-ffbe-424c-a330-0a168df372b6.tif"),
                        bright_squares(labels), 16);
      }
      write_mask_png(folder / "BBBC006_v1_labels" / (start + ".png"), labels, false);
    }
  }
}

class Bbbc006 : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Bbbc006, LearnsFromRowsAAndBAndTestsOnTheRest) {
  make_bbbc006(folder_.path(), {"a01", "b24", "c01", "p24"});
  const auto benchmark = load_benchmark("bbbc006", folder_.path());
  EXPECT_THAT(names(benchmark.full), ElementsAre("a01_s1", "a01_s2", "b24_s1", "b24_s2"));
  EXPECT_EQ(names(benchmark.training), names(benchmark.full));
  EXPECT_THAT(names(benchmark.test), ElementsAre("c01_s1", "c01_s2", "p24_s1", "p24_s2"));
  EXPECT_EQ(benchmark.one.name, "a01_s1");
  EXPECT_THAT(benchmark.one.image.filename().string(), HasSubstr("a01_s1_w1"));
  EXPECT_EQ(benchmark.one.labels.filename(), "mcf-z-stacks-03212011_a01_s1.png");
  EXPECT_EQ(benchmark.cut.crop, 256);
  EXPECT_THAT(benchmark.split, StartsWith("A part of the data set"));
}

TEST_F(Bbbc006, WholeSetIsSplitAsInThePaper) {
  for (char row = 'a'; row <= 'p'; ++row) {
    for (int column = 1; column <= 24; ++column) {
      for (const char* site : {"_s1", "_s2"}) {
        const auto start = "mcf-z-stacks-03212011_" + std::string(1, row) + numbered("%02d", column) + site;
        make_file(folder_ / "BBBC006_v1_images_z_16" / (start + "_w1x.tif"));
        make_file(folder_ / "BBBC006_v1_labels" / (start + ".png"));
      }
    }
  }
  const auto benchmark = load_benchmark("bbbc006", folder_.path());
  EXPECT_EQ(benchmark.full.size(), 96u);
  EXPECT_EQ(benchmark.full.back().name, "b24_s2");
  EXPECT_EQ(benchmark.test.size(), 672u);
  EXPECT_THAT(benchmark.split, AllOf(StartsWith("The paper's split"), HasSubstr("a01_s1 to b24_s2 (96)")));
}

TEST_F(Bbbc006, CropsKeepTheNumbersOfTheLabels) {
  make_bbbc006(folder_.path(), {"a01", "c01"});
  const auto benchmark = load_benchmark("bbbc006", folder_.path());
  const auto prepared =
      prepare_benchmark_image(benchmark.one, benchmark.coding, benchmark.cut, folder_ / "out");
  ASSERT_EQ(prepared.crops.size(), 1u);  // of the middle
  EXPECT_EQ(prepared.crops[0].name, "a01_s1_y22_x32");
  const auto labels = read_label_map(prepared.crops[0].labels), whole = read_label_map(prepared.whole_labels);
  EXPECT_EQ(whole.sizes(), (torch::IntArrayRef{300, 320}));
  EXPECT_TRUE(labels.equal(whole.slice(0, 22, 278).slice(1, 32, 288)));
  const auto pixels = read_image(prepared.crops[0].image);
  EXPECT_EQ(pixels.bit_depth, 16);
  EXPECT_TRUE(pixels.pixels[0].equal(bright_squares(labels)));
}

TEST_F(Bbbc006, ImagesAreCutIntoAsManyCropsAsFitEvenlySpread) {
  make_bbbc006(folder_.path(), {"a01", "c01"}, 520, 696);
  const auto benchmark = load_benchmark("bbbc006", folder_.path());
  const auto prepared =
      prepare_benchmark_image(benchmark.one, benchmark.coding, {256, 0, 0}, folder_ / "out");
  std::vector<std::string> found;
  for (const auto& crop : prepared.crops) found.push_back(crop.name);
  EXPECT_THAT(found, ElementsAre("a01_s1_y0_x0", "a01_s1_y0_x440", "a01_s1_y264_x0", "a01_s1_y264_x440"));
  const auto whole = read_label_map(prepared.whole_labels);
  EXPECT_TRUE(read_label_map(prepared.crops[3].labels).equal(whole.slice(0, 264, 520).slice(1, 440, 696)));
  EXPECT_EQ(all_crops({prepared, prepared}).size(), 8u);
}

TEST_F(Bbbc006, CropsKeepOffABorderWithoutTruth) {
  make_bbbc006(folder_.path(), {"a01", "c01"});
  const auto benchmark = load_benchmark("bbbc006", folder_.path());
  const auto prepared =
      prepare_benchmark_image(benchmark.one, benchmark.coding, {130, 0, 10}, folder_ / "out");
  std::vector<std::string> found;
  for (const auto& crop : prepared.crops) found.push_back(crop.name);
  EXPECT_THAT(found, ElementsAre("a01_s1_y10_x10", "a01_s1_y10_x180", "a01_s1_y160_x10", "a01_s1_y160_x180"));
}

TEST_F(Bbbc006, WhatIsMissingIsTold) {
  EXPECT_THAT(message("bbbc006", folder_.path()),
              AllOf(HasSubstr("holds no folder BBBC006_v1_images_z_16"), HasSubstr("datasets.md")));
  make_bbbc006(folder_.path(), {"a01", "c01"});
  fs::remove(folder_ / "BBBC006_v1_labels/mcf-z-stacks-03212011_c01_s2.png");
  EXPECT_THAT(message("bbbc006", folder_.path()), HasSubstr("lacks 1 of 4 label maps (c01_s2)"));
  make_file(folder_ / "BBBC006_v1_images_z_16/mcf-z-stacks-03212011_a01_s1_w1other.tif");
  EXPECT_THAT(message("bbbc006", folder_.path()), HasSubstr("both stand for a01_s1"));
}

TEST_F(Bbbc006, WithoutTheOneAnnotatedImageIsAnError) {
  make_bbbc006(folder_.path(), {"a02", "c01"});
  EXPECT_THAT(message("bbbc006", folder_.path()), AllOf(HasSubstr("a02_s1"), HasSubstr("expected a01_s1")));
}

TEST_F(Bbbc006, WithoutTestImagesIsAnError) {
  make_bbbc006(folder_.path(), {"a01"});
  EXPECT_THAT(message("bbbc006", folder_.path()), HasSubstr("0 to test on"));
}

TEST_F(Bbbc006, OtherFilesInTheFolderAreAnError) {
  make_file(folder_ / "BBBC006_v1_images_z_16/a.tif");
  EXPECT_THAT(message("bbbc006", folder_.path()),
              HasSubstr("holds no file like mcf-z-stacks-03212011_a01_s1"));
}

class CellTracking : public testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(CellTracking, SimulatedNucleiAreSplitAsInThePaper) {
  for (int64_t frame = 0; frame < 150; ++frame) {
    for (const char* sequence : {"01", "02"}) {
      if (std::string(sequence) == "01" && frame >= 65) continue;
      make_file(folder_ / sequence / numbered("t%03d.tif", frame));
      make_file(folder_ / (sequence + std::string("_GT")) / "SEG" / numbered("man_seg%03d.tif", frame));
    }
  }
  const auto benchmark = load_benchmark("fluo-n2dh-sim+", folder_.path());
  EXPECT_EQ(benchmark.full.size(), 150u);
  EXPECT_EQ(benchmark.one.name, "02_t000");
  EXPECT_EQ(benchmark.test.size(), 65u);
  EXPECT_EQ(benchmark.test.front().name, "01_t000");
  EXPECT_THAT(benchmark.split, StartsWith("The paper's split"));
  EXPECT_EQ(benchmark.paper->truncate_mean, 1.2);
}

TEST_F(CellTracking, PhaseContrastIsSplitAsInThePaperWhereAllFramesAreThere) {
  for (int64_t frame = 140; frame <= 260; ++frame) {
    for (const std::string sequence : {"01", "02"}) {
      make_file(folder_ / sequence / numbered("t%03d.tif", frame));
      make_file(folder_ / (sequence + "_ST") / "SEG" / numbered("man_seg%03d.tif", frame));
    }
  }
  const auto benchmark = load_benchmark("phc-c2dl-psc", folder_.path());
  EXPECT_EQ(benchmark.one.name, "02_t150");
  EXPECT_EQ(benchmark.full.back().name, "02_t250");
  EXPECT_EQ(benchmark.full.size(), 101u);
  EXPECT_EQ(benchmark.test.front().name, "01_t150");
  EXPECT_EQ(benchmark.test.back().name, "01_t250");
  EXPECT_THAT(benchmark.split, StartsWith("The paper's split"));
}

TEST_F(CellTracking, PartOfOneSequenceIsSplitInTheMiddleAndTold) {
  make_sequence(folder_.path(), "01", 0, 4, "ST");
  make_sequence(folder_.path(), "01", 2, 2, "GT");
  const auto benchmark = load_benchmark("phc-c2dl-psc", folder_.path());
  EXPECT_THAT(names(benchmark.full), ElementsAre("01_t000", "01_t001"));
  EXPECT_THAT(names(benchmark.test), ElementsAre("01_t002", "01_t003", "01_t004"));
  EXPECT_THAT(benchmark.test.front().labels.string(), HasSubstr("01_ST"));
  EXPECT_THAT(benchmark.split,
              AllOf(StartsWith("Not the paper's split"), HasSubstr("01_t002 to 01_t004 (3)")));
}

TEST_F(CellTracking, PartOfBothSequencesIsSplitBySequence) {
  make_sequence(folder_.path(), "01", 0, 1, "GT");
  make_sequence(folder_.path(), "02", 3, 5, "GT");
  const auto benchmark = load_benchmark("fluo-n2dh-sim+", folder_.path());
  EXPECT_THAT(names(benchmark.full), ElementsAre("02_t003", "02_t004", "02_t005"));
  EXPECT_THAT(names(benchmark.test), ElementsAre("01_t000", "01_t001"));
}

TEST_F(CellTracking, FramesWithoutLabelsAreLeftOut) {
  make_sequence(folder_.path(), "01", 0, 3, "ST");
  fs::remove(folder_ / "01_ST/SEG/man_seg001.tif");
  const auto benchmark = load_benchmark("phc-c2dl-psc", folder_.path());
  EXPECT_THAT(names(benchmark.full), ElementsAre("01_t000"));
  EXPECT_THAT(names(benchmark.test), ElementsAre("01_t002", "01_t003"));
}

TEST_F(CellTracking, OtherFoldersAreAnErrorThatTellsTheLayout) {
  EXPECT_THAT(message("phc-c2dl-psc", folder_.path()),
              AllOf(HasSubstr("holds 0 annotated frames"), HasSubstr("01_GT/SEG/man_seg000.tif")));
}

TEST_F(CellTracking, ResizesWholeImagesAndTheirLabels) {
  make_sequence(folder_.path(), "01", 0, 0, "GT", 40, 48);
  make_sequence(folder_.path(), "02", 0, 0, "GT", 40, 48);
  const auto benchmark = load_benchmark("fluo-n2dh-sim+", folder_.path());
  EXPECT_NEAR(prepared_scale(benchmark.one, benchmark.cut), 256 / std::sqrt(40.0 * 48), 1e-9);
  const auto prepared = prepare_benchmark_image(benchmark.one, benchmark.coding, {0, 80, 0}, folder_ / "out");
  const auto labels = read_label_map(prepared.crops.at(0).labels);
  EXPECT_EQ(prepared.crops[0].name, "02_t000");
  EXPECT_EQ(labels.sizes(), (torch::IntArrayRef{80, 80}));
  EXPECT_EQ(labels.max().item<int32_t>(), 4);
  EXPECT_EQ((labels == 1).sum().item<int64_t>(), 20 * 20);  // a quarter of either side
  const auto pixels = read_image(prepared.crops[0].image).pixels[0];
  EXPECT_GT((pixels * (labels > 0)).sum().item<double>() / (labels > 0).sum().item<double>(), 150);
}

TEST_F(CellTracking, ImageSmallerThanTheCropIsAnError) {
  make_sequence(folder_.path(), "01", 0, 1, "ST");
  const auto benchmark = load_benchmark("phc-c2dl-psc", folder_.path());
  EXPECT_THAT(error_message([&] {
                prepare_benchmark_image(benchmark.one, benchmark.coding, {128, 256, 4}, folder_ / "out");
              }),
              AllOf(HasSubstr("has 40x48 px"), HasSubstr("at least 136x136 for a crop of 128")));
}

class Bbbc039 : public testing::Test {
 protected:
  void make_published() {
    // Two touching objects of different value, and two apart of the same one.
    auto values = torch::zeros({20, 30}, torch::kInt32);
    values.slice(0, 2, 8).slice(1, 2, 8).fill_(1);
    values.slice(0, 2, 8).slice(1, 8, 14).fill_(2);
    values.slice(0, 12, 18).slice(1, 2, 8).fill_(1);
    for (const std::string name : {"IXMtest_A02_s1_w1051D", "IXMtest_A03_s1_w1aa", "IXMtest_B01_s2_w1ff"}) {
      write_grey_tiff(folder_ / "images" / (name + ".tif"), bright_squares(values), 16);
      write_mask_png(folder_ / "masks" / (name + ".png"), values, true);
    }
    fs::create_directories(folder_ / "metadata");
    std::ofstream(folder_ / "metadata/training.txt")
        << "IXMtest_A03_s1_w1aa.png\r\nIXMtest_A02_s1_w1051D.png\r\n";
    std::ofstream(folder_ / "metadata/validation.txt") << "IXMtest_B01_s2_w1ff.png\n";
  }
  TemporaryFolder folder_;
};

TEST_F(Bbbc039, PublishedArchivesAreSplitByTheirLists) {
  make_published();
  const auto benchmark = load_benchmark("bbbc039", folder_.path());
  EXPECT_THAT(names(benchmark.full), ElementsAre("IXMtest_A02_s1_w1051D", "IXMtest_A03_s1_w1aa"));
  EXPECT_THAT(names(benchmark.test), ElementsAre("IXMtest_B01_s2_w1ff"));
  EXPECT_EQ(benchmark.one.name, "IXMtest_A02_s1_w1051D");
}

TEST_F(Bbbc039, PublishedMasksAreToldApartByPartAndColour) {
  make_published();
  const auto benchmark = load_benchmark("bbbc039", folder_.path());
  const auto labels = read_benchmark_labels(benchmark.one.labels, benchmark.coding);
  EXPECT_EQ(labels.max().item<int32_t>(), 3);
  for (int32_t label = 1; label <= 3; ++label)
    EXPECT_EQ((labels == label).sum().item<int64_t>(), 36) << label;
  const auto prepared = prepare_benchmark_image(benchmark.one, benchmark.coding, {}, folder_ / "out");
  ASSERT_EQ(prepared.crops.size(), 1u);
  EXPECT_EQ(prepared.crops[0].image, benchmark.one.image);
  EXPECT_TRUE(read_label_map(prepared.crops[0].labels).equal(labels));
}

TEST_F(Bbbc039, PartsWithFoldersAreTaken) {
  for (const char* name : {"train/images/b.tif", "train/images/a.tif", "train/labels/a.tif",
                           "train/labels/b.tif", "val/images/c.tif", "val/labels/c.tif"})
    make_file(folder_ / name);
  const auto benchmark = load_benchmark("bbbc039", folder_.path());
  EXPECT_EQ(benchmark.one.name, "a");
  EXPECT_THAT(names(benchmark.test), ElementsAre("c"));
  make_file(folder_ / "val/images/d.tif");
  EXPECT_THAT(message("bbbc039", folder_.path()), HasSubstr("label map of 1 of 2 (d)"));
}

TEST_F(Bbbc039, OtherFoldersAreAnErrorThatTellsBothLayouts) {
  EXPECT_THAT(message("bbbc039", folder_.path()),
              AllOf(HasSubstr("metadata.zip"), HasSubstr("train/ and val/")));
}

class ImageFolder : public testing::Test {
 protected:
  ImageFolder() {
    for (const char* name : {"images/1.tif", "images/2.tif", "images/3.tif", "images/10.tif", "labels/2.tif",
                             "labels/3.tif", "labels/10.tif"})
      make_file(folder_ / name);
  }
  TemporaryFolder folder_;
};

TEST_F(ImageFolder, LearnsFromTheFirstAndTestsOnTheAnnotatedRest) {
  const auto benchmark = load_benchmark("folder", folder_.path());
  EXPECT_THAT(names(benchmark.training), ElementsAre("1", "2"));
  EXPECT_THAT(names(benchmark.full), ElementsAre("2"));
  EXPECT_EQ(benchmark.one.name, "2");
  EXPECT_THAT(names(benchmark.test), ElementsAre("3", "10"));
  EXPECT_THAT(names(load_benchmark("folder", folder_.path(), {0.75, {}, {}}).test), ElementsAre("10"));
  EXPECT_THAT(error_message([&] {
                load_benchmark("folder", folder_.path(), {1.5, {}, {}});
              }),
              HasSubstr("train_share is 1.5"));
}

TEST_F(ImageFolder, TestFoldersOfTheirOwnMayBeGiven) {
  make_file(folder_ / "more/images/x.tif");
  make_file(folder_ / "more/labels/x.tif");
  const auto benchmark =
      load_benchmark("folder", folder_.path(), {0.5, folder_ / "more/images", folder_ / "more/labels"});
  EXPECT_EQ(benchmark.training.size(), 4u);
  EXPECT_EQ(benchmark.full.size(), 3u);
  EXPECT_THAT(names(benchmark.test), ElementsAre("x"));
}

TEST(SimulatedHl60, StandsInForTheSimulatedNucleiOfThePaperAndSaysSo) {
  const TemporaryFolder folder;
  for (int64_t index = 0; index < 215; ++index)
    for (const char* part : {"images", "labels"}) make_file(folder / part / numbered("sim_%03d.tif", index));
  const auto benchmark = load_benchmark("simulated-hl60", folder.path());
  EXPECT_EQ(benchmark.full.size(), 150u);
  EXPECT_EQ(benchmark.one.name, "sim_000");
  EXPECT_EQ(benchmark.test.size(), 65u);
  EXPECT_EQ(benchmark.cut.side, 256);
  EXPECT_EQ(benchmark.paper->truncate_mean, 1.2);
  EXPECT_EQ(benchmark.paper->scale_max, 2);
  EXPECT_THAT(benchmark.title, HasSubstr("stand-in for Fluo-N2DH-SIM+"));
  EXPECT_THAT(benchmark.split, AllOf(StartsWith("Not a data set of the paper"), HasSubstr("stand-in")));
}

TEST_F(ImageFolder, WithoutLabelsIsAnError) {
  fs::remove_all(folder_ / "labels");
  EXPECT_THAT(message("folder", folder_.path()), HasSubstr("holds no folder labels"));
}

TEST(Benchmark, UnknownNamesAndMissingFoldersAreErrors) {
  const TemporaryFolder folder;
  EXPECT_THAT(message("bbbc007", folder.path()),
              AllOf(HasSubstr("'bbbc007'"), HasSubstr("bbbc006, fluo-n2dh-sim+")));
  EXPECT_THAT(message("bbbc006", folder / "none"), HasSubstr("is no folder"));
}

TEST(Benchmark, LoadsTheRealParts) {
  const auto data = test_data();
  if (data.empty()) GTEST_SKIP() << "no folder of real images (PRIORSEG_TEST_DATA)";
  const auto nuclei = load_benchmark("bbbc039", data / "bbbc039");
  EXPECT_EQ(nuclei.full.size(), 100u);
  EXPECT_EQ(nuclei.test.size(), 50u);
  EXPECT_EQ(nuclei.one.name, "A06_s6");
  const auto cells = load_benchmark("phc-c2dl-psc", data / "PhC-C2DL-PSC");
  EXPECT_EQ(cells.full.front().name, "01_t000");
  EXPECT_EQ(cells.full.back().name, "01_t059");
  EXPECT_EQ(cells.test.front().name, "01_t060");
  EXPECT_EQ(cells.test.back().name, "01_t120");
  EXPECT_THAT(cells.split, StartsWith("Not the paper's split"));
  const TemporaryFolder folder;
  const auto prepared = prepare_benchmark_image(cells.test.back(), cells.coding, cells.cut, folder.path());
  ASSERT_EQ(prepared.crops.size(), 20u);
  for (const auto& crop : prepared.crops) {
    EXPECT_EQ(read_image(crop.image).pixels.sizes(), (torch::IntArrayRef{1, 256, 256}));
    EXPECT_EQ(read_label_map(crop.labels).sizes(), (torch::IntArrayRef{256, 256}));
  }
}

}  // namespace
}  // namespace priorseg
