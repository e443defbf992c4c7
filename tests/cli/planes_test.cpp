// Files of several planes, sizes in micrometres and masks, as a user meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tiffio.h>
#include <torch/torch.h>

#include <algorithm>
#include <sstream>

#include "cli/tiny_job.h"
#include "priorseg/image/image_file.h"
#include "support/test_tiff.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace fs = std::filesystem;

class PlanesOfFiles : public testing::Test {
 protected:
  /// Pages of 80 x 96 px: simulated images by their number, or noise for -1.
  fs::path write_pages(const std::string& name, const std::vector<int>& pages,
                       const std::string& description = "") {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    TIFF* tiff = TIFFOpen(path.c_str(), "w");
    torch::manual_seed(1);
    for (size_t i = 0; i < pages.size(); ++i) {
      const auto pixels =
          pages[i] < 0
              ? 200 + 10 * torch::rand({1, 96, 80})
              : read_image(workshop_.images() + "/sim_00" + std::to_string(pages[i]) + ".tif").pixels;
      Layout layout;
      layout.width = 80;
      layout.height = 96;
      if (i == 0) layout.description = description;
      write_page<uint16_t>(tiff, layout, [&](uint32_t x, uint32_t y, int) {
        return static_cast<uint16_t>(pixels[0][y][x].item<float>());
      });
      TIFFWriteDirectory(tiff);
    }
    TIFFClose(tiff);
    return path;
  }
  Words segment(const fs::path& image, const Words& more = {}) const {
    return Words{"segment",   image.string(),
                 "--model",   workshop_.model(),
                 "--threads", "1",
                 "-o",        (folder_ / "out").string()} +
           more;
  }
  torch::Tensor labels_of(const fs::path& image, const Words& more = {}) {
    fs::remove_all(folder_ / "out");
    err_ = succeed(segment(image, more));
    return read_label_map(folder_ / "out/labels" / image.filename());
  }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
  std::string err_;
};

constexpr const char* kChannels = "ImageJ=1.53t\nimages=2\nchannels=2\nhyperstack=true\n";
constexpr const char* kSlices = "ImageJ=1.53t\nimages=3\nslices=3\n";
constexpr const char* kFrames = "ImageJ=1.53t\nimages=2\nframes=2\n";

TEST_F(PlanesOfFiles, FilmsAreWrittenInEveryForm) {
  write_pages("in/film.tif", {0, 1}, kFrames);
  const Words save = {"--save", "rois,geojson,coco,ctc,cellpose,ome-tiff,ome-zarr,ome-zarr-0.5"};
  succeed(segment(folder_ / "in", save));
  const auto maps = read_label_maps(folder_ / "out/labels/film.tif");
  ASSERT_EQ(maps.size(), 2u);
  for (const char* file : {"cellpose/film_cp_masks.tif", "ome-tiff/film.ome.tif", "ome-zarr/film.zarr",
                           "ome-zarr-0.5/film.zarr", "ome-zarr/film.zarr/labels/objects"}) {
    const auto same = read_label_maps(folder_ / "out" / file);
    ASSERT_EQ(same.size(), 2u) << file;
    for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(same[i].equal(maps[i])) << file;
  }
  const auto mask = read_label_map(folder_ / "out/film_RES/mask001.tif");
  EXPECT_TRUE(mask.gt(0).equal(maps[1].gt(0)));
  EXPECT_EQ(mask.max().item<int32_t>(), (maps[1].max() - maps[0].max()).item<int32_t>());
  EXPECT_TRUE(fs::exists(folder_ / "out/rois/film_rois.zip"));

  // A second call replaces all of it, and one that goes on leaves it alone.
  succeed(segment(folder_ / "in", save));
  EXPECT_THAT(succeed(segment(folder_ / "in", save + Words{"--resume"})),
              HasSubstr("1 images were finished before"));
  fs::remove_all(folder_ / "out/film_RES");
  EXPECT_THAT(succeed(segment(folder_ / "in", save + Words{"--resume"})), Not(HasSubstr("finished before")));
}

TEST_F(PlanesOfFiles, StoresOfOmeZarrAreImages) {
  const auto image = write_pages("in/single.tif", {0});
  succeed(segment(image, {"--save", "ome-zarr"}));
  // The labels of one image are the next one.
  fs::create_directories(folder_ / "stores");
  fs::rename(folder_ / "out/ome-zarr/single.zarr", folder_ / "stores/single.zarr");
  fs::remove_all(folder_ / "out");
  succeed(segment(folder_ / "stores"));
  EXPECT_TRUE(fs::exists(folder_ / "out/labels/single.tif"));
  fs::remove(folder_ / "stores/single.zarr/labels/objects/0/.zarray");
  const auto result = run_program(segment(folder_ / "stores"));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("single.zarr"), HasSubstr("its array 0 is not there")));
}

TEST_F(PlanesOfFiles, ARegionIsThatPartOfTheImage) {
  const auto image = write_pages("in/single.tif", {0});
  succeed(segment(image, {"--region", "10,20,60,50", "--save", "geojson"}));
  const auto labels = read_label_map(folder_ / "out/labels/single.tif");
  EXPECT_EQ(labels.size(0), 50);
  EXPECT_EQ(labels.size(1), 60);
  EXPECT_EQ(run_program(segment(image, {"--region", "10,20,60"})).exit_code, 2);
  fs::remove_all(folder_ / "out");
  const auto result = run_program(segment(image, {"--region", "100,0,10,10"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("outside the picture of 80 x 96 pixels"));
}

TEST_F(PlanesOfFiles, AMaskSaysWhereToLook) {
  const auto image = write_pages("in/single.tif", {0});
  auto mask = torch::zeros({48, 40}, torch::kInt32);
  mask.slice(0, 0, 24).fill_(1);
  write_label_map(folder_ / "mask.tif", mask);
  succeed(segment(image, {"--mask", (folder_ / "mask.tif").string()}));
  EXPECT_THAT(read_text(folder_ / "out/images.csv"), HasSubstr("50 % not a number"));
}

TEST_F(PlanesOfFiles, AreToldAndTheChannelWithObjectsIsTaken) {
  const auto alone = labels_of(write_pages("alone.tif", {0}));
  const auto both = write_pages("both.tif", {-1, 0}, kChannels);
  EXPECT_TRUE(labels_of(both).equal(alone));
  EXPECT_THAT(err_, AllOf(HasSubstr("2 channels"), HasSubstr("--channel 2"), HasSubstr("ImageJ")));
  EXPECT_TRUE(labels_of(both, {"--channel", "2"}).equal(alone));
  EXPECT_FALSE(labels_of(both, {"--channel", "1"}).equal(alone));
  fs::remove_all(folder_ / "out");
  const auto result = run_program(segment(both, {"--channel", "DAPI"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("both.tif"), HasSubstr("channel 'DAPI'"), HasSubstr("2 channels")));
}

TEST_F(PlanesOfFiles, AreMeasuredInEveryChannel) {
  labels_of(write_pages("a.tif", {-1, 0}, kChannels), {"--channel", "2"});
  std::istringstream table(read_text(folder_ / "out/objects.csv"));
  std::string line;
  std::getline(table, line);
  std::vector<std::string> names;
  std::istringstream header(line);
  for (std::string name; std::getline(header, name, ',');) names.push_back(name);
  const auto column = [&](const std::string& name) {
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  ASSERT_EQ(names.size() - column("Intensity_MeanIntensity_1"), 8u);
  int rows = 0;
  for (; std::getline(table, line); ++rows) {
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    EXPECT_EQ(fields[column("Intensity_MeanIntensity_2")], fields[column("Intensity_MeanIntensity")]);
    EXPECT_EQ(fields[column("Intensity_IntegratedIntensity_2")],
              fields[column("Intensity_IntegratedIntensity")]);
    EXPECT_GE(std::stod(fields[column("Intensity_MinIntensity_1")]), 200);  // noise
    EXPECT_LE(std::stod(fields[column("Intensity_MaxIntensity_1")]), 210);
  }
  EXPECT_GT(rows, 0);
}

TEST_F(PlanesOfFiles, OfAFilmAreLinked) {
  const auto labels = labels_of(write_pages("film.tif", {0}), {});
  EXPECT_THAT(succeed(segment(write_pages("film.tif", {0, 0}, kFrames), {"--link"})),
              HasSubstr("film: 2 frames"));
  for (const char* mask : {"mask000.tif", "mask001.tif"})
    EXPECT_TRUE(read_label_map(folder_ / "out/tracks/film_RES" / mask).equal(labels)) << mask;
}

TEST_F(PlanesOfFiles, OfAStackAreTheSharpestUnlessOthersAreAskedFor) {
  const auto alone = labels_of(write_pages("alone.tif", {0}));
  const auto stack = write_pages("stack.tif", {-1, 0, -1}, kSlices);
  EXPECT_TRUE(labels_of(stack).equal(alone));
  EXPECT_THAT(err_, AllOf(HasSubstr("3 slices"), HasSubstr("best focus"), HasSubstr("--project")));
  EXPECT_TRUE(labels_of(stack, {"--z", "2"}).equal(alone));
  EXPECT_TRUE(labels_of(stack, {"--project", "max"}).defined());
  fs::remove_all(folder_ / "out");
  EXPECT_THAT(run_program(segment(stack, {"--z", "4"})).err,
              HasSubstr("slice 4 is asked for, but there are 3"));
}

TEST_F(PlanesOfFiles, OfAFilmGiveAStackOfLabelMaps) {
  const auto first = labels_of(write_pages("alone.tif", {0})),
             second = labels_of(write_pages("alone.tif", {1}));
  const auto film = write_pages("film.tif", {0, 1}, kFrames);
  fs::remove_all(folder_ / "out");
  EXPECT_THAT(succeed(segment(film)), HasSubstr("2 frames"));
  const auto maps = read_label_maps(folder_ / "out/labels/film.tif");
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_TRUE(maps[0].equal(first));
  const int highest = first.max().item<int>();
  EXPECT_TRUE(maps[1].equal(second + second.gt(0).to(torch::kInt32) * highest));  // labels go on
  EXPECT_EQ(count_lines(read_text(folder_ / "out/objects.csv")), 1 + highest + second.max().item<int>());
  EXPECT_THAT(succeed(segment(film, {"--resume"})), HasSubstr("1 images were finished before"));
  EXPECT_THAT(run_program({"evaluate", (folder_ / "out/labels/film.tif").string(),
                           (folder_ / "out/labels/film.tif").string()})
                  .out,
              HasSubstr("1.000"));
}

TEST_F(PlanesOfFiles, OfTheWholeFilmAreTrainedOn) {
  const auto film = write_pages("film/film.tif", {0, 1}, kFrames);
  const auto train = [&](const std::string& images, const std::string& out) {
    return succeed(Words{"train", images, "--prior", workshop_.prior(), "-o", (folder_ / out).string()} +
                   tiny_settings(2));
  };
  EXPECT_THAT(train(film.string(), "a"), HasSubstr("2 frames"));
  fs::create_directories(folder_ / "single");
  write_pages("single/sim_000.tif", {0});
  write_pages("single/sim_001.tif", {1});
  train((folder_ / "single").string(), "b");
  EXPECT_EQ(read_text(folder_ / "a/losses.csv"), read_text(folder_ / "b/losses.csv"));
}

TEST_F(PlanesOfFiles, AreWhatTheUserSaysWhereTheFileDoesNot) {
  const auto pages = write_pages("pages.tif", {0, 1});
  fs::remove_all(folder_ / "out");
  EXPECT_THAT(succeed(segment(pages)), HasSubstr("--axes"));
  EXPECT_EQ(read_label_maps(folder_ / "out/labels/pages.tif").size(), 2u);
  EXPECT_THAT(labels_of(pages, {"--axes", "CYX", "--channel", "2"}).size(0), 96);
  EXPECT_THAT(err_, Not(HasSubstr("nothing says")));
  EXPECT_EQ(run_program(segment(pages, {"--axes", "XYZ"})).exit_code, 2);
  EXPECT_EQ(run_program(segment(pages, {"--z", "0"})).exit_code, 2);
}

TEST_F(PlanesOfFiles, WithPixelsOfAKnownSizeTakeSizesInMicrometres) {
  const auto look = [](const fs::path& image, const std::string& size) {
    return run_program({"look", image.string(), "--size", size, "--threads", "1"});
  };
  const auto known = write_pages("known.tif", {0});
  TIFF* tiff = TIFFOpen(known.c_str(), "r+");
  TIFFSetField(tiff, TIFFTAG_XRESOLUTION, 20000.0);  // 0.5 um
  TIFFSetField(tiff, TIFFTAG_YRESOLUTION, 20000.0);
  TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
  TIFFRewriteDirectory(tiff);
  TIFFClose(tiff);
  EXPECT_THAT(look(known, "7um:12um").err, HasSubstr("--size 14:24"));
  const auto unknown = look(write_pages("unknown.tif", {0}), "7um:12um");
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("unknown.tif"), HasSubstr("does not say how large a pixel is")));
  EXPECT_EQ(look(known, "7um:12").exit_code, 2);
}

TEST_F(PlanesOfFiles, MasksAreNoLabelMaps) {
  auto labels = read_label_map(workshop_.labels() + "/sim_000.tif");
  write_label_map(folder_ / "mask.tif", labels.gt(0).to(torch::kInt32) * 255);
  const std::string truth = workshop_.labels() + "/sim_000.tif", mask = (folder_ / "mask.tif").string();
  const auto refused = run_program({"evaluate", truth, mask});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("a mask"), HasSubstr("--split")));
  EXPECT_EQ(run_program({"evaluate", truth, mask, "--split"}).exit_code, 0);
  EXPECT_THAT(fail(tiny_prior({"learn", mask, "-o", (folder_ / "p.safetensors").string()})),
              HasSubstr("a mask"));
  EXPECT_THAT(succeed(tiny_prior({"learn", mask, "--split", "-o", (folder_ / "p.safetensors").string()})),
              HasSubstr("annotated objects"));
}

}  // namespace
}  // namespace priorseg::test
