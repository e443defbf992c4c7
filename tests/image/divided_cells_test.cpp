#include "priorseg/image/divided_cells.h"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>
#include <set>
#include <vector>

namespace priorseg {
namespace {

struct Disk {
  int x, y, radius;
};

cv::Mat disks(const std::vector<Disk>& all, int height, int width) {
  cv::Mat cells(height, width, CV_8U, cv::Scalar(0));
  for (const auto& disk : all) cv::circle(cells, {disk.x, disk.y}, disk.radius, 255, cv::FILLED);
  return cells;
}

cv::Mat no_borders(const cv::Mat& cells) { return cv::Mat(cells.size(), CV_8U, cv::Scalar(0)); }

std::set<int> numbers(const cv::Mat& divided) { return {divided.begin<int>(), divided.end<int>()}; }

TEST(DividedCells, TwoThatTouchAreTwo) {
  const auto cells = disks({{30, 30, 20}, {66, 30, 20}}, 60, 100);
  const auto divided = divide_cells(cells, no_borders(cells), 300);
  EXPECT_EQ(numbers(divided).size(), 3);  // with the ground
  EXPECT_NE(divided.at<int>(30, 30), divided.at<int>(30, 66));
  EXPECT_EQ(divided.at<int>(30, 12), divided.at<int>(30, 44));
  EXPECT_EQ(cv::countNonZero((divided != 0) != (cells != 0)), 0);
}

TEST(DividedCells, AWideOneIsOne) {
  cv::Mat cells(60, 120, CV_8U, cv::Scalar(0));
  cv::rectangle(cells, {10, 20}, {110, 40}, 255, cv::FILLED);
  EXPECT_EQ(numbers(divide_cells(cells, no_borders(cells), 300)).size(), 2);
}

TEST(DividedCells, ABorderDividesWhatHasNoNeck) {
  cv::Mat cells(60, 120, CV_8U, cv::Scalar(0));
  cv::rectangle(cells, {10, 15}, {110, 45}, 255, cv::FILLED);
  auto borders = no_borders(cells);
  cv::line(borders, {60, 15}, {60, 45}, 255, 2);
  const auto divided = divide_cells(cells, borders, 300);
  EXPECT_EQ(numbers(divided).size(), 3);
  EXPECT_NE(divided.at<int>(30, 30), divided.at<int>(30, 90));
  EXPECT_NE(divided.at<int>(30, 60), 0);  // a border falls to the cells
}

TEST(DividedCells, APartThatIsTooSmallBelongsToItsNeighbour) {
  const auto cells = disks({{30, 30, 20}, {58, 30, 9}}, 60, 100);
  EXPECT_EQ(numbers(divide_cells(cells, no_borders(cells), 50)).size(), 3);
  EXPECT_EQ(numbers(divide_cells(cells, no_borders(cells), 300)).size(), 2);
}

TEST(DividedCells, OfNothingAndOfEverything) {
  const cv::Mat ground(20, 30, CV_8U, cv::Scalar(0));
  EXPECT_EQ(numbers(divide_cells(ground, ground, 300)), std::set<int>{0});
  EXPECT_EQ(numbers(divide_cells(ground == 0, ground, 300)).size(), 1);
}

}  // namespace
}  // namespace priorseg
