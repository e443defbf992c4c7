#include "priorseg/output/joined_objects.h"

#include <gtest/gtest.h>

#include "priorseg/output/objects_csv.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

ObjectMeasurements object_with(int32_t label, const std::vector<double>& channels) {
  ObjectMeasurements object;
  object.label = label;
  object.area = 10 + label;
  object.x1 = object.y1 = 4;
  object.score = 0.5;
  for (const double value : channels) {
    Intensities intensities;
    intensities.mean = intensities.min = intensities.max = intensities.sum = value;
    object.channels.push_back(intensities);
  }
  return object;
}

TEST(JoinObjectsCsv, IsTheTableThatOneJobWrites) {
  const test::TemporaryFolder folder;
  const auto add = [](ObjectsCsv& csv, int image) {
    if (image == 0) csv.add("a, \"1\"", {object_with(1, {}), object_with(2, {})});
    if (image == 1) csv.add("b", {object_with(1, {1.5, 2})}, {"DAPI", "GFP, 2"});
    if (image == 2) csv.add("c", {});
    if (image == 3) csv.add("d", {object_with(1, {3, 4}), object_with(2, {5, 6})}, {"RFP", "DAPI"});
  };
  ObjectsCsv whole(folder / "whole.csv"), even(folder / "even.csv"), odd(folder / "odd.csv");
  for (int image = 0; image < 4; ++image) {
    add(whole, image);
    add(image % 2 == 0 ? even : odd, image);
  }
  join_objects_csv(folder / "joined.csv", {odd.path(), even.path()},
                   {{"a, \"1\"", 1}, {"b", 0}, {"c", 1}, {"d", 0}});
  EXPECT_EQ(test::read_text(folder / "joined.csv"), test::read_text(whole.path()));
}

TEST(JoinObjectsCsv, OfNothingIsTheHeader) {
  const test::TemporaryFolder folder;
  const ObjectsCsv none(folder / "none.csv");
  join_objects_csv(folder / "joined.csv", {none.path()}, {});
  EXPECT_EQ(test::read_text(folder / "joined.csv"), test::read_text(none.path()));
}

}  // namespace
}  // namespace priorseg
