#include "priorseg/output/loss_log.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsNan;
using ::testing::ThrowsMessage;

class LossLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(::testing::TempDir()) / (std::string("priorseg_losses_") + info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "losses.csv";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& content) const { std::ofstream(path_, std::ios::binary) << content; }

  std::filesystem::path folder_, path_;
};

TEST_F(LossLogTest, WritesRowsThatCanBeReadAtOnce) {
  LossLog log(path_, 0);
  log.append(0, {{"loss", 0.5}, {"kl", 1e-7}});
  EXPECT_EQ(text(), "step,loss,kl\n0,0.5,1e-07\n");
  log.append(1, {{"kl", 2}, {"loss", 0.1}});  // another order
  EXPECT_EQ(text(), "step,loss,kl\n0,0.5,1e-07\n1,0.1,2\n");
}

TEST_F(LossLogTest, GivesBackExactlyWhatWasWritten) {
  const double third = 1.0 / 3;
  {
    LossLog log(path_, 0);
    log.append(3, {{"loss", third}, {"kl", std::numeric_limits<double>::infinity()}});
    log.append(7, {{"loss", std::nan("")}});
  }
  const LossTable table = read_loss_log(path_);
  EXPECT_THAT(table.names, ElementsAre("loss", "kl"));
  EXPECT_THAT(table.steps, ElementsAre(3, 7));
  EXPECT_EQ(table.values[0][0], third);
  EXPECT_TRUE(std::isinf(table.values[1][0]));
  EXPECT_THAT(table.values[0][1], IsNan());
  EXPECT_THAT(table.values[1][1], IsNan());
  EXPECT_EQ(table.unreadable_lines, 0);
}

TEST_F(LossLogTest, ResumeRemovesTheStepsThatAreComputedAgain) {
  {
    LossLog log(path_, 0);
    for (int64_t step = 0; step < 10; ++step) log.append(step, {{"loss", static_cast<double>(step)}});
  }
  LossLog log(path_, 6);
  EXPECT_THAT(read_loss_log(path_).steps, ElementsAre(0, 1, 2, 3, 4, 5));
  log.append(6, {{"loss", 60}});
  log.append(7, {{"loss", 70}});
  const LossTable table = read_loss_log(path_);
  EXPECT_THAT(table.steps, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(table.values[0], ElementsAre(0, 1, 2, 3, 4, 5, 60, 70));
}

TEST_F(LossLogTest, ResumeRepairsAHalfWrittenLastLine) {
  write("step,loss\n0,0.5\n1,0.4\n2,0.");
  EXPECT_THAT(read_loss_log(path_).steps, ElementsAre(0, 1));
  LossLog log(path_, 3);
  log.append(3, {{"loss", 0.2}});
  EXPECT_EQ(text(), "step,loss\n0,0.5\n1,0.4\n3,0.2\n");
}

TEST_F(LossLogTest, ResumeStartsAfreshWhereNothingWasWritten) {
  LossLog(path_, 5).append(5, {{"loss", 1}});
  EXPECT_THAT(read_loss_log(path_).steps, ElementsAre(5));
  write("ste");  // the program ended within the header
  LossLog(path_, 5).append(5, {{"loss", 2}});
  EXPECT_EQ(text(), "step,loss\n5,2\n");
}

TEST_F(LossLogTest, FirstStepZeroBeginsAnEmptyLog) {
  write("step,old\n0,1\n");
  LossLog log(path_, 0);
  log.append(0, {{"new", 1}});
  EXPECT_EQ(text(), "step,new\n0,1\n");
}

TEST_F(LossLogTest, AddsAColumnForANewName) {
  LossLog log(path_, 0);
  log.append(0, {{"loss", 1}});
  log.append(1, {{"loss", 2}, {"presence", 3}});
  log.append(2, {{"presence", 4}});
  EXPECT_EQ(text(), "step,loss,presence\n0,1,\n1,2,3\n2,,4\n");
}

TEST_F(LossLogTest, ReaderSkipsAndCountsLinesThatAreNoRows) {
  write("\xEF\xBB\xBFstep,loss\r\n0,0.5\r\nnonsense\n1,2,3\n\n2,abc\nx,1\n3,0.1\r\n" +
        std::string("\0\0\n", 3));
  const LossTable table = read_loss_log(path_);
  EXPECT_THAT(table.names, ElementsAre("loss"));
  EXPECT_THAT(table.steps, ElementsAre(0, 3));
  EXPECT_EQ(table.unreadable_lines, 6);
}

TEST_F(LossLogTest, LeavesAForeignFileAlone) {
  write("name,area\na,1\n");
  EXPECT_THAT([&] { read_loss_log(path_); }, ThrowsMessage<Error>(HasSubstr("is no table of losses")));
  EXPECT_THAT([&] { LossLog(path_, 4); }, ThrowsMessage<Error>(HasSubstr("is no table of losses")));
  EXPECT_EQ(text(), "name,area\na,1\n");
}

TEST_F(LossLogTest, NamesWhatIsWrong) {
  EXPECT_THAT([&] { read_loss_log(folder_ / "missing.csv"); },
              ThrowsMessage<Error>(HasSubstr("missing.csv")));
  EXPECT_THAT([&] { LossLog(path_, -1); }, ThrowsMessage<Error>(HasSubstr("expected >= 0")));
  LossLog log(path_, 0);
  log.append(4, {{"loss", 1}});
  EXPECT_THAT(
      [&] {
        log.append(4, {{"loss", 1}});
      },
      ThrowsMessage<Error>(HasSubstr("expected step 5 or a later one")));
  EXPECT_THAT(
      [&] {
        log.append(5, {{"a,b", 1}});
      },
      ThrowsMessage<Error>(HasSubstr("'a,b' cannot be a CSV column")));
  EXPECT_EQ(text(), "step,loss\n4,1\n");
}

}  // namespace
}  // namespace priorseg
