#include "priorseg/image/plane_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::HasSubstr;

ImageStructure film_of_stacks() {
  ImageStructure structure;
  structure.frames = 3;
  structure.slices = 4;
  structure.channels = 2;
  structure.channel_names = {"DAPI", "GFP"};
  structure.source = "its OME-XML";
  return structure;
}

TEST(PlaneChoice, TakesEveryFrameAndTheBestSliceByItself) {
  const auto pictures = choose_planes(film_of_stacks(), {});
  ASSERT_EQ(pictures.size(), 3u);
  EXPECT_EQ(pictures[2].frame, 2);
  EXPECT_EQ(pictures[2].num_slices, 4);
  EXPECT_EQ(pictures[2].project, Projection::kBestFocus);
  EXPECT_EQ(pictures[2].channel, 0);
}

TEST(PlaneChoice, TakesWhatIsAskedFor) {
  PlaneChoice choice;
  choice.channel = "gfp";  // small or capital letters
  choice.slices = "2:3";
  choice.frames = "2";
  choice.project = Projection::kMax;
  auto pictures = choose_planes(film_of_stacks(), choice);
  ASSERT_EQ(pictures.size(), 1u);
  EXPECT_EQ(pictures[0].frame, 1);
  EXPECT_EQ(pictures[0].first_slice, 1);
  EXPECT_EQ(pictures[0].num_slices, 2);
  EXPECT_EQ(pictures[0].channel, 1);
  choice.project = Projection::kNone;
  choice.frames = "";
  pictures = choose_planes(film_of_stacks(), choice);
  ASSERT_EQ(pictures.size(), 6u);
  EXPECT_EQ(pictures[3].frame, 1);
  EXPECT_EQ(pictures[3].first_slice, 2);
  choice.slices = "4";
  EXPECT_EQ(choose_planes(film_of_stacks(), choice)[0].num_slices, 1);
}

TEST(PlaneChoice, OfTheOnlyChannelNeedsNoName) {
  ImageStructure single;
  single.source = "its tags";
  PlaneChoice choice;
  EXPECT_EQ(describe_choice(single, choice), "");
  choice.channel = "DAPI";
  EXPECT_EQ(choose_planes(single, choice)[0].channel, 0);
  EXPECT_THAT(describe_choice(single, choice), HasSubstr("the only one there is"));
}

TEST(PlaneChoice, OfAColourPictureIsByNumber) {
  ImageStructure picture;
  picture.colour = true;
  PlaneChoice choice;
  EXPECT_EQ(choose_planes(picture, choice)[0].colour, -1);
  choice.channel = "2";
  EXPECT_EQ(choose_planes(picture, choice)[0].colour, 1);
  choice.channel = "DAPI";
  EXPECT_THAT(error_message([&] { choose_planes(picture, choice); }), HasSubstr("it is a colour picture"));
}

TEST(PlaneChoice, OfWhatIsNotThereIsAnErrorThatTellsWhatIs) {
  PlaneChoice choice;
  choice.channel = "RFP";
  EXPECT_THAT(error_message([&] { choose_planes(film_of_stacks(), choice); }),
              HasSubstr("3 frames, 4 slices and 2 channels (DAPI, GFP)"));
  choice.channel = "3";
  EXPECT_THAT(error_message([&] { choose_planes(film_of_stacks(), choice); }), HasSubstr("channel '3'"));
  choice = {};
  choice.slices = "5";
  EXPECT_THAT(error_message([&] { choose_planes(film_of_stacks(), choice); }),
              HasSubstr("slice 5 is asked for, but there are 4 slices"));
  for (const char* wrong : {"0", "-1", "a", "3:2", "1:", "1.5"})
    EXPECT_THAT(error_message([&] { check_plane_range(wrong); }), HasSubstr("is no plane")) << wrong;
  EXPECT_NO_THROW(check_plane_range("2:7"));
}

TEST(PlaneChoice, IsTold) {
  PlaneChoice choice;
  choice.channel = "GFP";
  EXPECT_EQ(
      describe_choice(film_of_stacks(), choice),
      "3 frames, 4 slices and 2 channels (DAPI, GFP), says its OME-XML; taken: channel GFP (--channel), the "
      "slice in best focus (--z, --project), every frame (--t)");
}

}  // namespace
}  // namespace priorseg
