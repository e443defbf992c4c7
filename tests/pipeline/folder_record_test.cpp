#include "priorseg/pipeline/folder_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using test::error_message;
using test::read_text;
using test::write_text;
using testing::HasSubstr;

class FolderRecordTest : public testing::Test {
 protected:
  const test::TemporaryFolder folder_;
  const std::filesystem::path file_ = folder_ / "files";
};

TEST_F(FolderRecordTest, KnowsAgainWhatWasAdded) {
  const std::string odd = "caf\xE9 two\nlines \\x41";
  {
    FolderRecord record(file_);
    EXPECT_FALSE(record.exists());
    record.add_written({"model.safetensors", "labels/" + odd + ".tif"});
    record.add_finished({{odd, {3, 1234}}, {"empty", {0, 99}}});
  }
  const FolderRecord record(file_);
  EXPECT_TRUE(record.exists());
  EXPECT_TRUE(record.wrote("model.safetensors"));
  EXPECT_TRUE(record.wrote("labels/" + odd + ".tif"));
  EXPECT_FALSE(record.wrote("labels/a.tif"));
  ASSERT_EQ(record.finished().size(), 2u);
  EXPECT_EQ(record.finished().at(odd).objects, 3);
  EXPECT_EQ(record.finished().at(odd).label_map_bytes, 1234u);
  EXPECT_EQ(record.finished().at("empty").objects, 0);
}

TEST_F(FolderRecordTest, AnImageThatIsOpenAgainIsNotFinished) {
  {
    FolderRecord record(file_);
    record.add_finished({{"a", {3, 10}}, {"b", {4, 10}}});
    record.add_open({"a", "never finished"});
  }
  FolderRecord record(file_);
  EXPECT_FALSE(record.finished().contains("a"));
  EXPECT_TRUE(record.finished().contains("b"));
  record.add_finished({{"a", {5, 10}}});
  EXPECT_EQ(FolderRecord(file_).finished().at("a").objects, 5);
}

TEST_F(FolderRecordTest, GrowsByWhatIsNewAlone) {
  FolderRecord record(file_);
  record.add_written({"a"});
  const auto text = read_text(file_);
  record.add_written({"a"});
  record.add_open({"a"});
  EXPECT_EQ(read_text(file_), text);
}

TEST_F(FolderRecordTest, ALineThatWasCutShortIsNoLine) {
  write_text(file_, "priorseg record 1\nwrote a.tif\nfinished 3 10 a\nwrote labels/b");
  {
    FolderRecord record(file_);
    EXPECT_FALSE(record.wrote("labels/b"));
    record.add_written({"c"});
  }
  EXPECT_EQ(read_text(file_), "priorseg record 1\nwrote a.tif\nfinished 3 10 a\nwrote c\n");
  write_text(file_, "priorseg rec");
  FolderRecord record(file_);
  EXPECT_FALSE(record.exists());
  record.add_written({"c"});
  EXPECT_EQ(read_text(file_), "priorseg record 1\nwrote c\n");
}

TEST_F(FolderRecordTest, PassesOverLinesOfOtherKindsAndRefusesOtherFiles) {
  write_text(file_, "priorseg record 1\nmoon is full\nwrote a\n\n");
  EXPECT_TRUE(FolderRecord(file_).wrote("a"));
  write_text(file_, "priorseg record 2\n");
  EXPECT_THAT(error_message([&] { FolderRecord{file_}; }), HasSubstr("expected 'priorseg record 1'"));
}

TEST_F(FolderRecordTest, SaysWhereItCannotBeWritten) {
  FolderRecord record(folder_ / "none/files");
  EXPECT_THAT(error_message([&] { record.add_written({"a"}); }), HasSubstr("cannot write"));
}

}  // namespace
}  // namespace priorseg
