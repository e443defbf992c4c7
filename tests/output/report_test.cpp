#include "priorseg/output/report.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>

#include "priorseg/core/error.h"
#include "priorseg/output/report_picture.h"
#include "well_formed.h"

namespace priorseg {
namespace {

using test::count_of;
using test::markup_fault;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

Report example() {
  Report report;
  report.title = "Segmentation of plate 1";
  report.images.push_back({"a.tif", 30, 400, 1.5, "", "overlay a", "raw a"});
  report.images.push_back({"b.tif", 50, 380, 0.5, "", "overlay b", ""});
  report.images.push_back({"c.tif", 0, std::nan(""), std::nan(""), "cut short", "", ""});
  for (int i = 0; i < 80; ++i) report.object_diameters.push_back(20 + i % 7);
  report.object_scores.assign(80, 0.9);
  LossTable table;
  table.names = {"loss"};
  table.steps = {0, 1, 2};
  table.values = {{1, std::nan(""), 0.5}};
  report.losses = {{"Detector", table}};
  report.shapes_png = "shapes";
  report.settings = {{"detector", {{"learning_rate", 0.001}}}};
  report.version = "priorseg 0.1";
  report.command_line = "priorseg segment plate1";
  report.date = "2025-01-31";
  return report;
}

/// The page itself must never load anything: the only addresses are names of XML namespaces.
void expect_self_contained(const std::string& html) {
  EXPECT_EQ(markup_fault(html), "");
  EXPECT_EQ(html.find("https://"), std::string::npos);
  EXPECT_EQ(count_of(html, "http://"), count_of(html, "xmlns=\"http://www.w3.org/2000/svg\""));
  EXPECT_EQ(count_of(html, " src=\""), count_of(html, " src=\"data:image/png;base64,"));
  EXPECT_THAT(html, AllOf(Not(HasSubstr("<link")), Not(HasSubstr("@import")), Not(HasSubstr("url(")),
                          HasSubstr("default-src 'none'")));
}

TEST(Report, ShowsEverySectionOnOnePage) {
  const std::string html = report_html(example());
  expect_self_contained(html);
  for (const char* part :
       {"<h1>Segmentation of plate 1</h1>",
        "Found 80 objects in 2 images; the median object is 23 px across; it took 2.0 s.", ">Outlines found<",
        ">Objects per image<", ">Object size<", ">Score<", ">Images<", ">Training<", ">Shapes<", ">Settings<",
        "&quot;learning_rate&quot;: 0.001", "priorseg 0.1", "<code>priorseg segment plate1</code>",
        "2025-01-31", "Learned Shape Prior", "1 image of 3 failed", "<b>c.tif</b>: cut short",
        "30 objects"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
}

TEST(Report, EmbedsPicturesAndASwitchOnlyWhereThereIsARawImage) {
  Report report = example();
  std::string html = report_html(report);
  EXPECT_EQ(count_of(html, "<figure"), 2U);
  EXPECT_EQ(count_of(html, "<img class=\"raw\""), 1U);
  EXPECT_EQ(count_of(html, "<input type=\"checkbox\""), 1U);
  EXPECT_THAT(html, HasSubstr("data:image/png;base64,b3ZlcmxheSBh\""));  // "overlay a"
  report.images[0].raw_png.clear();
  html = report_html(report);
  EXPECT_EQ(count_of(html, "<input type=\"checkbox\""), 0U);
  expect_self_contained(html);
}

TEST(Report, ListsImagesAndObjectsThatLookWrongFirst) {
  Report report = example();
  report.images[0].evidence.mean_score = 0.8;
  report.images[1].evidence.mean_score = 0.3;
  report.doubtful_objects = {{"b.tif", 17, 0.11, false, 40.2, 8.4}, {"a<b.tif", 2, 0.4, false, 1, 2}};
  const std::string html = report_html(report);
  expect_self_contained(html);
  const auto gallery = html.substr(html.find("<div class=\"gallery\">"));
  EXPECT_LT(gallery.find("b.tif"), gallery.find("a.tif"));
  EXPECT_THAT(gallery, HasSubstr("mean score 0.30"));
  const auto table = html.substr(html.find("<th>Mean score</th>"));
  EXPECT_LT(table.find("c.tif"), table.find("b.tif"));
  EXPECT_LT(table.find("b.tif"), table.find("a.tif"));
  EXPECT_THAT(html, AllOf(HasSubstr("Doubtful objects"), HasSubstr("<td data-value=\"17.000000\">17</td>"),
                          HasSubstr("a&lt;b.tif")));
}

TEST(Report, ShowsQualitiesInsteadOfScoresWhereTheyAreKnown) {
  Report report = example();
  report.images[0].evidence.mean_score = 0.8;
  report.images[0].evidence.mean_quality = 0.25;
  report.images[1].evidence.mean_score = 0.3;
  report.images[1].evidence.mean_quality = 0.9;
  report.object_qualities = {0.1, 0.9};
  report.doubtful_objects = {{"a.tif", 17, 0.11, true, 40.2, 8.4}};
  const std::string html = report_html(report);
  expect_self_contained(html);
  const auto gallery = html.substr(html.find("<div class=\"gallery\">"));
  EXPECT_LT(gallery.find("a.tif"), gallery.find("b.tif"));
  EXPECT_THAT(gallery, HasSubstr("mean quality 0.25"));
  EXPECT_THAT(html,
              AllOf(HasSubstr("<th>Mean quality</th>"), HasSubstr("<th>Quality</th>"),
                    HasSubstr("Probability that an outline is good"), Not(HasSubstr("Score of an object"))));
}

TEST(Report, IsAWholePageWithoutAnyContent) {
  const std::string html = report_html(Report{});
  expect_self_contained(html);
  EXPECT_THAT(html, AllOf(HasSubstr("no segmented images"), Not(HasSubstr("<svg")), Not(HasSubstr("<table")),
                          Not(HasSubstr("<figure")), Not(HasSubstr("Please check"))));
}

TEST(Report, ShowsATrainingWithoutImages) {
  Report report;
  report.summary = "Trained on 24 images in 9 min.";
  report.losses = {{"Detector", LossTable{}}};
  const std::string html = report_html(report);
  expect_self_contained(html);
  EXPECT_THAT(html, AllOf(HasSubstr("Trained on 24 images"), HasSubstr("no values")));
}

TEST(Report, EscapesWhateverNamesAndSettingsHold) {
  const std::string bad = "<script>alert('1')</script>\"&\xFF.tif";
  Report report = example();
  report.title = report.summary = report.version = report.command_line = report.date = report.citation = bad;
  report.warnings = {bad};
  report.images = {{bad, 3, 1, 1, "", "png", "png"}, {bad, 0, 0, 0, bad, "", ""}};
  report.losses[0].first = report.losses[0].second.names[0] = bad;
  report.settings = {{bad, bad}, {"</pre>", "</pre>"}};
  const std::string html = report_html(report);
  expect_self_contained(html);
  EXPECT_EQ(count_of(html, "<script>"), 1U);  // the page's own
  EXPECT_EQ(html.find("alert('1')"), std::string::npos);
  EXPECT_GE(count_of(html, "&lt;script&gt;alert"), 14U);
  EXPECT_EQ(html.find('\xFF'), std::string::npos);
}

TEST(Report, ShowsMicrometersWhereThePixelSizeIsKnown) {
  Report report = example();
  report.micrometers_per_pixel = 0.5;
  const std::string html = report_html(report);
  EXPECT_THAT(html, AllOf(HasSubstr("11.5 \xC2\xB5m across"), HasSubstr("Median area (\xC2\xB5m\xC2\xB2)"),
                          HasSubstr(">100.0</td>"), Not(HasSubstr("(px)"))));
}

TEST(ReportWarnings, TellOfObjectsThatPileUpAtALimit) {
  Report report = example();
  EXPECT_EQ(find_warnings(report).size(), 1U);  // the failure
  report.largest_diameter = 26.5;               // 11 of 80 objects are 26 px
  report.smallest_diameter = 12;
  EXPECT_THAT(find_warnings(report),
              Contains(HasSubstr("14 % of the objects pile up at the largest size (26.5 px)")));
  report.largest_diameter = 60;
  EXPECT_EQ(find_warnings(report).size(), 1U);
  report.smallest_diameter = 20;
  EXPECT_THAT(find_warnings(report), Contains(HasSubstr("pile up at the smallest size (20 px)")));
}

TEST(ReportWarnings, DoNotJudgeAHandfulOfObjects) {
  Report report;
  report.object_diameters = {50, 50, 50};
  report.largest_diameter = 50;
  EXPECT_THAT(find_warnings(report), IsEmpty());
}

TEST(ReportWarnings, TellOfImagesWithoutObjects) {
  Report report;
  report.images.resize(3);
  EXPECT_THAT(find_warnings(report), Contains(HasSubstr("no objects were found in any image")));
  report.images[0].objects = 5;
  EXPECT_THAT(find_warnings(report), Contains("no objects were found in 2 images of 3"));
}

TEST(ReportWarnings, NothingUnusualIsSaidToo) {
  Report report = example();
  report.images.pop_back();
  EXPECT_THAT(report_html(report),
              AllOf(HasSubstr("Nothing unusual was noticed"), Not(HasSubstr("Please check"))));
}

TEST(WriteReport, WritesThePageAsItIs) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "priorseg_report_test" / "report.html";
  write_report(path, example());
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove_all(path.parent_path());
  EXPECT_EQ(text, report_html(example()));
}

/// Width and height stand in the header of a PNG file, most significant byte first.
int64_t png_number(const std::string& png, size_t at) {
  int64_t number = 0;
  for (size_t i = at; i < at + 4; ++i) number = number * 256 + static_cast<unsigned char>(png[i]);
  return number;
}

TEST(ReportPicture, ReducesLargePicturesOnly) {
  const std::string large = report_picture(torch::zeros({100, 400, 3}, torch::kUInt8), 200);
  EXPECT_EQ(large.substr(1, 3), "PNG");
  EXPECT_EQ(png_number(large, 16), 200);
  EXPECT_EQ(png_number(large, 20), 50);
  EXPECT_EQ(png_number(report_picture(torch::zeros({100, 400, 3}, torch::kUInt8), 0), 16), 400);
  EXPECT_EQ(png_number(report_picture(torch::zeros({1, 4000, 3}, torch::kUInt8), 200), 20), 1);
}

TEST(ReportPicture, NamesWhatIsWrong) {
  EXPECT_THAT([] { report_picture(torch::zeros({4, 4})); }, ThrowsMessage<Error>(HasSubstr("picture")));
  EXPECT_THAT(
      [] {
        report_picture(torch::zeros({4, 4, 3}));
      },
      ThrowsMessage<Error>(HasSubstr("expected uint8")));
}

TEST(ReportWarnings, TellOfImagesOfWhichMuchIsNotFound) {
  Report report;
  report.smallest_diameter = 20, report.largest_diameter = 40;
  report.images = {{"a.tif", 5}, {"b.tif", 5}, {"c.tif", 5}, {"d.tif", 5}};
  EXPECT_THAT(find_warnings(report), IsEmpty());
  report.images[1].evidence.is_unexplained = true;
  report.images[2].evidence.is_unexplained = report.images[3].evidence.is_unexplained = true;
  report.images[2].evidence.looks_opposite = report.images[3].evidence.looks_opposite = true;
  EXPECT_THAT(find_warnings(report),
              Contains(HasSubstr("what stands out of b.tif: check whether objects have "
                                 "the size that is looked for (20 to 40 px)")));
  EXPECT_THAT(find_warnings(report), Contains(HasSubstr("c.tif and 1 more: it is dark where")));
}

TEST(Report, TellsWhatWasLeftOutOfAnImage) {
  Report report;
  report.images = {{"a.tif", 5}};
  EXPECT_THAT(report_html(report), Not(HasSubstr("left out")));
  report.images[0].left_out = "3.1 % padding";
  EXPECT_THAT(report_html(report), HasSubstr("left out: 3.1 % padding"));
}

}  // namespace
}  // namespace priorseg
