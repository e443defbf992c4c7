#include "priorseg/data/image_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"
#include "support/recording_observer.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using test::error_message;
using test::make_file;
using test::RecordingObserver;
using test::TemporaryFolder;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const std::vector<fs::path>& paths) {
  std::vector<std::string> result;
  for (const fs::path& path : paths) result.push_back(path.filename().string());
  return result;
}

TEST(ListImages, ListsAFolderInNaturalOrder) {
  TemporaryFolder folder;
  for (const char* name : {"t10.tif", "t9.tif", "t1.TIFF", "b.png", "a.JPG", "c.jpeg", "d.Bmp"})
    make_file(folder / name);
  EXPECT_THAT(names(list_images({folder.path()})),
              ElementsAre("a.JPG", "b.png", "c.jpeg", "d.Bmp", "t1.TIFF", "t9.tif", "t10.tif"));
}

TEST(ListImages, LeavesOutHiddenFilesOtherFilesAndFoldersBelow) {
  TemporaryFolder folder;
  for (const char* name : {"a.tif", ".b.tif", "._a.tif", "notes.txt", "tif", "below/c.tif"})
    make_file(folder / name);
  fs::create_directories(folder / "folder.tif");
  EXPECT_THAT(names(list_images({folder.path()})), ElementsAre("a.tif"));
}

TEST(ListImages, KeepsTheOrderOfTheInputsAndCountsAFileOnce) {
  TemporaryFolder folder;
  for (const char* name : {"x/b.tif", "x/a.tif", "z.tif"}) make_file(folder / name);
  EXPECT_THAT(
      names(list_images({folder / "z.tif", folder / "x", folder / "x" / ".." / "z.tif", folder / "x/a.tif"})),
      ElementsAre("z.tif", "a.tif", "b.tif"));
}

TEST(ListImages, SaysWhatIsWrongWithAnInput) {
  TemporaryFolder folder;
  make_file(folder / "cells.czi");
  EXPECT_THAT(error_message([&] { list_images({}); }), HasSubstr("no input"));
  EXPECT_THAT(error_message([&] { list_images({folder / "missing"}); }),
              AllOf(HasSubstr("missing does not exist"), HasSubstr("expected an image file or a folder")));
  EXPECT_THAT(error_message([&] { list_images({folder / "cells.czi"}); }),
              AllOf(HasSubstr("cells.czi"), HasSubstr("tif, tiff, png, jpg, jpeg, bmp, zarr")));
  EXPECT_THAT(error_message([&] { list_images({folder.path()}); }),
              AllOf(HasSubstr(folder.path().string()), HasSubstr("holds no image")));
}

TEST(ListImages, LeavesOutLabelMapsBesideTheirImagesAndTellsIt) {
  TemporaryFolder folder;
  for (const char* name :
       {"a.tif", "a_masks.tif", "a_cp_masks.png", "b.ome.tif", "b_Labels.tif", "c_masks.tif"})
    make_file(folder / name);
  RecordingObserver listener;
  EXPECT_THAT(names(list_images({folder.path()}, listener)),
              ElementsAre("a.tif", "b.ome.tif", "c_masks.tif"));
  EXPECT_THAT(listener.text(), AllOf(HasSubstr("3 files of " + folder.path().string() + " are left out"),
                                     HasSubstr("a_cp_masks.png is the label map of a.tif")));
}

TEST(ListImages, LeavesOutThumbnailsBesideTheirImagesAndTellsIt) {
  TemporaryFolder folder;
  for (const char* name : {"a.tif", "a_thumb.tif", "w1_s1E5F0.tif", "w1_s1_thumb07AA.tif", "w1_s1_Thumb.tif",
                           "thumb_x.tif", "alone_thumb.tif"})
    make_file(folder / name);
  RecordingObserver listener;
  EXPECT_THAT(names(list_images({folder.path()}, listener)),
              ElementsAre("a.tif", "alone_thumb.tif", "thumb_x.tif", "w1_s1E5F0.tif"));
  EXPECT_THAT(listener.text(),
              AllOf(HasSubstr("3 files"), HasSubstr("a_thumb.tif is the thumbnail of a.tif")));
}

TEST(ListImages, TakesALabelMapThatIsNamedItself) {
  TemporaryFolder folder;
  for (const char* name : {"a.tif", "a_masks.tif"}) make_file(folder / name);
  RecordingObserver listener;
  EXPECT_THAT(names(list_images({folder / "a_masks.tif", folder / "a.tif"}, listener)),
              ElementsAre("a_masks.tif", "a.tif"));
  EXPECT_EQ(listener.text(), "");
}

TEST(ListImages, ListsLinksToFilesThatAreNotThereAndTellsThem) {
  TemporaryFolder folder;
  make_file(folder / "b.tif");
  fs::create_symlink("../annex/a", folder / "a.tif");
  fs::create_symlink("loop.tif", folder / "loop.tif");
  fs::create_symlink("b.tif", folder / "c.tif");  // counts once
  RecordingObserver listener;
  EXPECT_THAT(names(list_images({folder.path()}, listener)), ElementsAre("a.tif", "b.tif", "loop.tif"));
  EXPECT_THAT(listener.text(),
              AllOf(HasSubstr("2 of 3 images cannot be read"), HasSubstr("a.tif -> ../annex/a")));
  EXPECT_THAT(names(list_images({folder / "a.tif"})), ElementsAre("a.tif"));
}

TEST(ListLabelMaps, AreTakenFromBesideTheirImages) {
  TemporaryFolder folder;
  for (const char* name : {"a.tif", "a_masks.tif", "a_thumb.tif", "b.tif", "c_masks.tif"})
    make_file(folder / name);
  RecordingObserver listener;
  EXPECT_THAT(names(list_label_maps({folder.path()}, listener)), ElementsAre("a_masks.tif", "c_masks.tif"));
  EXPECT_THAT(listener.text(), HasSubstr("3 files"));
}

TEST(ListLabelMaps, OfAFolderOfTheirOwnHaveAnyName) {
  TemporaryFolder folder;
  for (const char* name : {"a.tif", "b_masks.tif"}) make_file(folder / name);
  RecordingObserver listener;
  EXPECT_THAT(names(list_label_maps({folder.path()}, listener)), ElementsAre("a.tif", "b_masks.tif"));
  EXPECT_EQ(listener.text(), "");
}

TEST(NaturalLess, ComparesNumbersByValue) {
  EXPECT_TRUE(natural_less("t9", "t10"));
  EXPECT_FALSE(natural_less("t10", "t9"));
  EXPECT_TRUE(natural_less("a2b10", "a2b11"));
  EXPECT_TRUE(natural_less("a", "a1"));
  EXPECT_TRUE(natural_less("t009", "t10"));
  EXPECT_TRUE(natural_less("5", "99999999999999999999999999"));
  EXPECT_TRUE(natural_less("99999999999999999999999998", "99999999999999999999999999"));
  EXPECT_TRUE(natural_less("a_b", "aab") == ('_' < 'a'));
}

TEST(NaturalLess, IsAStrictOrder) {
  const std::vector<std::string> texts = {"",    "1",   "01",   "001", "a",   "a1",
                                          "a01", "a1b", "a01b", "a2",  "a10", "b"};
  for (const auto& a : texts) {
    EXPECT_FALSE(natural_less(a, a)) << a;
    for (const auto& b : texts) {
      const bool less = natural_less(a, b);
      EXPECT_FALSE(less && natural_less(b, a)) << a << " " << b;
      EXPECT_TRUE(a == b || less || natural_less(b, a)) << a << " " << b;
      for (const auto& c : texts) {
        EXPECT_TRUE(!less || !natural_less(b, c) || natural_less(a, c)) << a << " " << b << " " << c;
      }
    }
  }
}

TEST(OutputStems, AreFileNamesWithoutEndings) {
  EXPECT_THAT(output_stems({"x/a.tif", "y/b.1.png"}), ElementsAre("a", "b.1"));
  EXPECT_THAT(output_stems({"x/a.ome.tif", "y/b.OME.TIFF"}), ElementsAre("a", "b"));
  EXPECT_TRUE(output_stems({}).empty());
}

TEST(OutputStems, RefuseTwoImagesWithTheSameName) {
  EXPECT_THAT(error_message([] {
                output_stems({"x/a.tif", "b.tif", "x/a.png"});
              }),
              AllOf(HasSubstr("x/a.tif"), HasSubstr("x/a.png"), HasSubstr("'a'")));
}

TEST(OutputStems, TakeTheNamesOfFoldersWhereTheyTellImagesApart) {
  EXPECT_THAT(output_stems({"p/x/a.tif", "p/y/a.tif", "p/y/b.tif"}), ElementsAre("x_a", "y_a", "b"));
  EXPECT_THAT(output_stems({"p/x/a.tif", "q/x/a.tif"}), ElementsAre("p_x_a", "q_x_a"));
}

TEST(ListImages, GoesIntoFoldersBelowWhereItIsAskedTo) {
  TemporaryFolder folder;
  for (const char* name : {"a.tif", "w10/b.tif", "w9/b.tif", "w9/deep/c.tif", ".hidden/d.tif",
                           "__MACOSX/._a.tif", "w9/notes.txt", "01/t000.tif", "01_GT/SEG/man_seg000.tif"})
    make_file(folder / name);
  RecordingObserver listener;
  EXPECT_THAT(names(list_images({folder.path()}, listener, Folders::kWithThoseBelow)),
              ElementsAre("a.tif", "t000.tif", "b.tif", "c.tif", "b.tif"));
  EXPECT_THAT(listener.text(), HasSubstr("truth and results of the Cell Tracking Challenge: 01_GT"));
  EXPECT_THAT(names(list_images({folder.path()})), ElementsAre("a.tif"));
}

TEST(ListImages, TakesNamesWithWildcardsAndLists) {
  TemporaryFolder folder;
  for (const char* name : {"w10.tif", "w9.tif", "x.tif", "list.txt"}) make_file(folder / name);
  EXPECT_THAT(names(list_images({folder / "w*.tif"})), ElementsAre("w9.tif", "w10.tif"));
  EXPECT_THAT(error_message([&] { list_images({folder / "y*.tif"}); }), HasSubstr("nothing is called"));
  test::write_text(folder / "list.txt", "# mine\nx.tif\r\n\n" + (folder / "w9.tif").string() + "\n");
  EXPECT_THAT(names(list_images({folder / "list.txt"})), ElementsAre("x.tif", "w9.tif"));
  test::write_text(folder / "list.txt", "\n");
  EXPECT_THAT(error_message([&] { list_images({folder / "list.txt"}); }), HasSubstr("names no image"));
}

TEST(ImageList, SpreadIndicesAreEvenAndBeginWithTheFirst) {
  EXPECT_THAT(spread_indices(10, 3), ElementsAre(0, 3, 6));
  EXPECT_THAT(spread_indices(3, 20), ElementsAre(0, 1, 2));
  EXPECT_THAT(spread_indices(5, 1), ElementsAre(0));
  EXPECT_TRUE(spread_indices(0, 4).empty());
}

}  // namespace
}  // namespace priorseg
