// --link: objects from frame to frame, and --plate-pattern: wells from names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <sstream>

#include "cli/tiny_job.h"
#include "priorseg/image/image_file.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

class Link : public testing::Test {
 protected:
  void add_frame(const std::string& source, const std::string& name) {
    fs::create_directories((folder_ / name).parent_path());
    fs::copy(fs::path(workshop_.images()) / source, folder_ / name);
  }
  Words segment(const Words& more) const {
    return Words{"segment", "--model", workshop_.model(),         "-q", "--threads",
                 "1",       "-o",      (folder_ / "out").string()} +
           more;
  }
  fs::path out(const std::string& name) const { return folder_ / ("out/" + name); }

  const Workshop& workshop_ = Workshop::instance();
  TemporaryFolder folder_;
};

TEST_F(Link, WritesTheFormOfTheCellTrackingChallenge) {
  for (const char* name : {"01/t009.tif", "01/t010.tif", "01/t011.tif"}) add_frame("sim_000.tif", name);
  EXPECT_THAT(succeed(segment({(folder_ / "01").string(), "--link"})), HasSubstr("01: 3 frames"));
  const auto labels = read_label_map(out("labels/t009.tif"));
  const int32_t objects = labels.max().item<int32_t>();
  // The same picture three times: every object is one track, under its label.
  for (const char* mask : {"mask009.tif", "mask010.tif", "mask011.tif"})
    EXPECT_TRUE(read_label_map(out(std::string("tracks/01_RES/") + mask)).equal(labels)) << mask;
  std::istringstream tracks(read_text(out("tracks/01_RES/res_track.txt")));
  int32_t count = 0;
  for (std::string line; std::getline(tracks, line);) EXPECT_EQ(line, std::to_string(++count) + " 9 11 0");
  EXPECT_EQ(count, objects);
  const auto table = read_text(out("tracks.csv"));
  EXPECT_EQ(count_lines(table), 1 + 3 * objects);
  EXPECT_THAT(table,
              AllOf(HasSubstr("image,label,film,frame,track,parent\n"), HasSubstr("\nt010,1,01,10,1,0\n")));
}

TEST_F(Link, TellsMissingFramesAndRemovesMasksOfThem) {
  for (const char* name : {"a_t0.tif", "a_t1.tif", "a_t2.tif"})
    add_frame("sim_000.tif", std::string("in/") + name);
  const Words words = segment({(folder_ / "in").string(), "--link"});
  succeed(words);
  EXPECT_TRUE(fs::exists(out("tracks/a_RES/mask001.tif")));
  fs::remove(folder_ / "in/a_t1.tif");
  EXPECT_THAT(succeed(words), HasSubstr("no track goes over the missing frames before 2"));
  EXPECT_FALSE(fs::exists(out("tracks/a_RES/mask001.tif")));
}

TEST_F(Link, TellsImagesThatAreNoFilm) {
  add_frame("sim_000.tif", "in/field.tif");
  EXPECT_THAT(succeed(segment({(folder_ / "in").string(), "--link"})), HasSubstr("1 images are not linked"));
}

TEST_F(Link, WellsOfNamesAreToldAndSummed) {
  add_frame("sim_000.tif", "in/p_A01_s1_w1.tif");
  add_frame("sim_001.tif", "in/p_A01_s2_w1.tif");
  const auto images = (folder_ / "in").string();
  EXPECT_THAT(succeed(segment({images})),
              AllOf(HasSubstr("names of 2 of 2 images tell wells"), HasSubstr("as ImageXpress has them"),
                    HasSubstr("p_A01_s1_w1 is well A01, site 1, channel 1")));
  EXPECT_THAT(read_text(out("summary.csv")), HasSubstr("\nwell,p,A01,,,,2,"));
  succeed(segment({images, "--plate-pattern", "none"}));
  EXPECT_THAT(read_text(out("summary.csv")), testing::Not(HasSubstr("\nwell,")));
  const auto result = run_program(segment({images, "--plate-pattern", "(A"}));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
}

}  // namespace
}  // namespace priorseg::test
