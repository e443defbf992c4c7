#include "priorseg/output/objects_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <thread>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using namespace test;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kHeader =
    "image,label,score,quality,AreaShape_Area,AreaShape_Center_X,AreaShape_Center_Y,Location_Center_X,"
    "Location_"
    "Center_Y,"
    "AreaShape_BoundingBoxMinimum_X,AreaShape_BoundingBoxMinimum_Y,AreaShape_BoundingBoxMaximum_X,"
    "AreaShape_BoundingBoxMaximum_Y,AreaShape_MajorAxisLength,AreaShape_MinorAxisLength,AreaShape_"
    "Orientation,"
    "AreaShape_Eccentricity,AreaShape_Perimeter,Intensity_MeanIntensity,Intensity_MinIntensity,Intensity_"
    "MaxIntensity,"
    "Intensity_IntegratedIntensity,AreaShape_EquivalentDiameter,AreaShape_Area_um2,"
    "AreaShape_MajorAxisLength_um,AreaShape_MinorAxisLength_um,AreaShape_Perimeter_um,"
    "AreaShape_EquivalentDiameter_um,AreaShape_BoundingBoxArea,AreaShape_Extent,AreaShape_FormFactor,"
    "AreaShape_ConvexArea,AreaShape_Solidity,AreaShape_MinFeretDiameter,AreaShape_MaxFeretDiameter,"
    "AreaShape_MinFeretDiameter_um,AreaShape_MaxFeretDiameter_um,Metadata_T,Metadata_Z\n";

ObjectMeasurements object(int label) {
  ObjectMeasurements object;
  object.label = label;
  object.score = 0.75;
  object.quality = 0.5;
  object.area = 12;
  object.centroid_x = 10.5;
  object.centroid_y = 3.25;
  object.x0 = 9;
  object.y0 = 2;
  object.x1 = 13;
  object.y1 = 5;
  object.major_axis_length = 4.5;
  object.sum_intensity = 123456789012.0;
  object.area_um2 = 3;
  object.convex_area = 16;
  object.feret = {2.5, 4.25};
  object.feret_um = {1, 2};
  object.major_axis_length_um = 2.25;
  object.minor_axis_length_um = object.perimeter_um = std::numeric_limits<double>::quiet_NaN();
  return object;
}

const std::string kRow =
    ",0.75,0.5,12,10,2.75,10,2.75,9,2,13,5,4.5,0,0,0,0,0,0,0,123456789012,3.9088201,3,2.25,,,1.95441005,12,1,"
    ",16,0.75,2.5,4.25,1,2,1,"
    "1\n";

TEST(ObjectsCsv, WritesHeaderAndRows) {
  TemporaryFolder folder;
  ObjectsCsv csv(folder / "new" / "objects.csv");
  EXPECT_EQ(read_text(csv.path()), kHeader);
  csv.add("a.tif", {object(1), object(2)});
  csv.add("b.tif", {});
  csv.add("c.tif", {object(1)});
  EXPECT_EQ(read_text(csv.path()), kHeader + ("a.tif,1" + kRow) + "a.tif,2" + kRow + "c.tif,1" + kRow);
}

TEST(ObjectsCsv, LeavesUnknownNumbersEmpty) {
  TemporaryFolder folder;
  ObjectsCsv csv(folder / "objects.csv");
  ObjectMeasurements unknown = object(1);
  unknown.score = unknown.quality = std::numeric_limits<double>::quiet_NaN();
  csv.add("a.tif", {unknown});
  EXPECT_THAT(read_text(csv.path()), HasSubstr("\na.tif,1,,,12,"));
}

TEST(ObjectsCsv, QuotesNames) {
  TemporaryFolder folder;
  ObjectsCsv csv(folder / "objects.csv");
  csv.add("a,b.tif", {object(1)});
  csv.add("say \"hi\".tif", {object(1)});
  csv.add("two\nlines.tif", {object(1)});
  EXPECT_EQ(read_text(csv.path()), kHeader + ("\"a,b.tif\",1" + kRow) + "\"say \"\"hi\"\".tif\",1" + kRow +
                                       "\"two\nlines.tif\",1" + kRow);
}

TEST(ObjectsCsv, ReplacesOldFile) {
  TemporaryFolder folder;
  write_text(folder / "objects.csv", "something old\n");
  ObjectsCsv csv(folder / "objects.csv");
  EXPECT_EQ(read_text(csv.path()), kHeader);
  EXPECT_THAT(folder.files(), testing::ElementsAre("objects.csv"));
}

TEST(ObjectsCsv, KeepsWholeRowsOfFinishedImages) {
  TemporaryFolder folder;
  const auto path = folder / "objects.csv";
  const std::string name = "odd, \"name\"\n.tif";
  {
    ObjectsCsv csv(path);
    csv.add("a.tif", {object(1), object(2)});
    csv.add(name, {object(1)});
    csv.add("c.tif", {object(1), object(2)});
  }
  const std::string text = read_text(path);
  write_text(path, text.substr(0, text.size() - 7));  // killed in the middle of a write
  ObjectsCsv csv(path, {name, "c.tif", "never.tif"});
  EXPECT_EQ(read_text(path), kHeader + ("\"odd, \"\"name\"\"\n.tif\",1" + kRow) + "c.tif,1" + kRow);
}

TEST(ObjectsCsv, TakesTheLastImageBack) {
  TemporaryFolder folder;
  ObjectsCsv csv(folder / "objects.csv");
  csv.add("a", {object(1)});
  csv.add("b", {object(1), object(2)});
  csv.take_back();
  csv.add("c", {});
  csv.take_back();
  EXPECT_EQ(read_text(csv.path()), kHeader + ("a,1" + kRow));
}

TEST(ObjectsCsv, NamesAreUtf8WhateverTheirBytes) {
  TemporaryFolder folder;
  const auto path = folder / "objects.csv";
  const std::string latin = "caf\xE9", text = "caf\xC3\xA9";
  {
    ObjectsCsv csv(path);
    csv.add(latin, {object(1)});
    csv.add(text, {object(1)});
  }
  EXPECT_EQ(read_text(path), kHeader + ("caf\\xE9,1" + kRow) + text + ",1" + kRow);
  EXPECT_EQ(count_rows_of_images(path), (std::map<std::string, int64_t>{{latin, 1}, {text, 1}}));
  ObjectsCsv again(path, {latin});
  EXPECT_EQ(read_text(path), kHeader + ("caf\\xE9,1" + kRow));
}

TEST(ObjectsCsv, NamesOfAnEarlierVersionBecomeUtf8) {
  TemporaryFolder folder;
  const auto path = folder / "objects.csv";
  write_text(path, kHeader + ("caf\xE9,1" + kRow) + "\"a,\xE9\",1" + kRow + "\"a,b\",1" + kRow);
  ObjectsCsv csv(path, {"caf\xE9", "a,\xE9", "a,b"});
  EXPECT_EQ(read_text(path), kHeader + ("caf\\xE9,1" + kRow) + "\"a,\\xE9\",1" + kRow + "\"a,b\",1" + kRow);
}

TEST(ObjectsCsv, CountsRowsOfImagesThatHaveEachLabelOnce) {
  TemporaryFolder folder;
  const auto path = folder / "objects.csv";
  {
    ObjectsCsv csv(path);
    csv.add("whole", {object(1), object(2)});
    csv.add("twice", {object(1), object(2)});
    csv.add("empty", {});
    csv.add("twice", {object(1), object(2)});
    csv.add("lacks the first", {object(2)});
    csv.add("also whole", {object(1), object(2)});
    csv.add("torn", {object(1)});
  }
  std::string text = read_text(path);
  write_text(path, text.substr(0, text.size() - 3));
  EXPECT_EQ(count_rows_of_images(path), (std::map<std::string, int64_t>{{"whole", 2}, {"also whole", 2}}));
  EXPECT_TRUE(count_rows_of_images(folder / "none.csv").empty());
  write_text(path, "my,own,table\n1,2,3\n");
  EXPECT_TRUE(count_rows_of_images(path).empty());
}

ObjectMeasurements object_in(std::vector<Intensities> channels) {
  ObjectMeasurements with = object(1);
  with.channels = std::move(channels);
  return with;
}

std::string channel_columns(const std::string& name) {
  return ",Intensity_MeanIntensity_" + name + ",Intensity_MinIntensity_" + name + ",Intensity_MaxIntensity_" +
         name + ",Intensity_IntegratedIntensity_" + name;
}

/// A line of the table with further fields.
std::string longer(std::string line, const std::string& fields) {
  return line.insert(line.size() - 1, fields);
}

TEST(ObjectsCsv, GetsColumnsForEveryChannelThatComes) {
  TemporaryFolder folder;
  ObjectsCsv csv(folder / "objects.csv");
  csv.add("grey", {object(1)});
  csv.add("two", {object_in({{1, 2, 3, 4}, {5, 6, 7, 8}})}, {"DAPI", "GFP"});
  csv.add("other", {object_in({{9, 9, 9, 9}, {1.5, 0, 2, 3}})}, {"GFP", "Cy5"});
  EXPECT_EQ(read_text(csv.path()),
            longer(kHeader, channel_columns("DAPI") + channel_columns("GFP") + channel_columns("Cy5")) +
                longer("grey,1" + kRow, ",,,,,,,,,,,,") + longer("two,1" + kRow, ",1,2,3,4,5,6,7,8,,,,") +
                longer("other,1" + kRow, ",,,,,9,9,9,9,1.5,0,2,3"));
  csv.take_back();
  EXPECT_EQ(count_rows_of_images(csv.path()), (std::map<std::string, int64_t>{{"grey", 1}, {"two", 1}}));
}

TEST(ObjectsCsv, KeepsColumnsOfChannelsAsLongAsTheirRows) {
  TemporaryFolder folder;
  const auto path = folder / "objects.csv";
  ObjectsCsv(path).add("a", {object_in({{1, 2, 3, 4}})}, {"say \"hi\", 2"});
  const std::string before = read_text(path);
  EXPECT_THAT(before, HasSubstr("\"Intensity_MeanIntensity_say \"\"hi\"\", 2\""));
  { ObjectsCsv again(path, {"a"}); }
  EXPECT_EQ(read_text(path), before);
  { ObjectsCsv anew(path, {"b"}); }
  EXPECT_EQ(read_text(path), kHeader);
}

TEST(ObjectsCsv, RefusesToContinueAnotherTable) {
  TemporaryFolder folder;
  const auto path = folder / "objects.csv";
  write_text(path, "my,own,table\n");
  EXPECT_THAT(error_message([&] { ObjectsCsv(path, {"a.tif"}); }),
              HasSubstr("objects.csv: it has other columns"));
  EXPECT_EQ(read_text(path), "my,own,table\n");
}

TEST(ObjectsCsv, NamesFileThatCannotBeWritten) {
  TemporaryFolder folder;
  write_text(folder / "file", "");
  EXPECT_THAT(error_message([&] { ObjectsCsv(folder / "file" / "objects.csv"); }), HasSubstr("file"));
  ObjectsCsv csv(folder / "objects.csv");
  std::filesystem::remove(csv.path());
  EXPECT_THAT(error_message([&] { csv.add("a.tif", {object(1)}); }), HasSubstr("cannot write"));
}

TEST(ObjectsCsv, TakesImagesFromSeveralThreads) {
  TemporaryFolder folder;
  ObjectsCsv csv(folder / "objects.csv");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&csv, t] {
      for (int i = 0; i < 20; ++i) csv.add("image" + std::to_string(t), {object(1), object(2)});
    });
  for (auto& thread : threads) thread.join();
  std::istringstream lines(read_text(csv.path()));
  std::string line;
  int count = 0;
  std::getline(lines, line);
  for (; std::getline(lines, line); ++count) {
    EXPECT_THAT(line, StartsWith("image"));
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 38);
  }
  EXPECT_EQ(count, 160);
}

}  // namespace
}  // namespace priorseg
