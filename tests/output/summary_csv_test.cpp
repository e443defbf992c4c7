#include "priorseg/output/summary_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "priorseg/output/objects_csv.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using namespace test;
using testing::ElementsAre;

ObjectMeasurements of_area(int label, int64_t area, double dapi) {
  ObjectMeasurements object;
  object.label = label;
  object.area = area;
  object.x1 = object.y1 = 10;
  object.channels = {{dapi, 0, 0, 0}};
  return object;
}

std::vector<std::vector<std::string>> cells_of(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream fields(line + ",");
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

TEST(SummaryCsv, HasARowForEveryImageWellAndPlate) {
  const TemporaryFolder folder;
  ObjectsCsv csv(folder / "objects.csv");
  csv.add("p1_A01_s1_w1", {of_area(1, 10, 1), of_area(2, 20, 2)}, {"DAPI"});
  csv.add("p1_A01_s2_w1", {of_area(1, 60, 3)}, {"DAPI"});
  csv.add("p1_B02_s1_w1", {of_area(1, 100, 4)}, {"DAPI"});
  const std::map<std::string, int64_t> images = {
      {"p1_A01_s1_w1", 2}, {"p1_A01_s2_w1", 1}, {"p1_A01_s3_w1", 0}, {"p1_B02_s1_w1", 1}};
  write_summary_csv(folder / "summary.csv", folder / "objects.csv", images, PlatePattern());
  const auto rows = cells_of(folder / "summary.csv");
  std::vector<std::string> starts;
  size_t area = 0, dapi = 0;
  for (size_t i = 0; i < rows[0].size(); ++i) {
    if (rows[0][i] == "Mean_AreaShape_Area") area = i;
    if (rows[0][i] == "Mean_Intensity_MeanIntensity_DAPI") dapi = i;
    EXPECT_EQ(rows[0][i].find("Center"), std::string::npos);
  }
  ASSERT_GT(area, 0u);
  ASSERT_GT(dapi, 0u);
  EXPECT_EQ(rows[0][area + 1], "StDev_AreaShape_Area");
  for (const auto& row : rows) {
    std::string start;
    for (size_t i = 0; i < 8; ++i) start += (i ? "," : "") + row[i];
    starts.push_back(start + " " + row[area] + " " + row[area + 1] + " " + row[dapi]);
  }
  starts.erase(starts.begin());
  EXPECT_THAT(starts,
              ElementsAre("all,,,,,,4,4 47.5 41.1298756 2.5", "plate,p1,,,,,4,4 47.5 41.1298756 2.5",
                          "well,p1,A01,,,,3,3 30 26.4575131 2", "well,p1,B02,,,,1,1 100  4",
                          "image,p1,A01,1,1,p1_A01_s1_w1,1,2 15 7.07106781 1.5",
                          "image,p1,A01,2,1,p1_A01_s2_w1,1,1 60  3", "image,p1,A01,3,1,p1_A01_s3_w1,1,0   ",
                          "image,p1,B02,1,1,p1_B02_s1_w1,1,1 100  4"));
}

TEST(SummaryCsv, OfImagesOfNoPlateHasThemAndAllTogether) {
  const TemporaryFolder folder;
  ObjectsCsv(folder / "objects.csv").add("a,b", {of_area(1, 10, 1)});
  write_summary_csv(folder / "summary.csv", folder / "objects.csv", {{"a,b", 1}}, PlatePattern());
  const std::string table = read_text(folder / "summary.csv");
  EXPECT_EQ(count_lines(table), 3);
  EXPECT_NE(table.find("\nimage,,,,,\"a,b\",1,1,"), std::string::npos) << table;
}

}  // namespace
}  // namespace priorseg
