#include "priorseg/core/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <string>

#include "priorseg/core/tensor_file.h"
#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

using test::count_lines;
using test::error_message;
using test::read_text;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

constexpr ModelFormat kFormat{"priorseg thing 1", "'priorseg make'", "make it again with 'priorseg make'"};
const nlohmann::json kSettings = {{"size", 3}, {"name", "cell \"a\""}};

class ModelFiles : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_ / "thing.safetensors"; }
  void write(const std::map<std::string, std::string>& metadata) {
    write_tensor_file(path(), {{{"a", torch::ones({2})}}, metadata});
  }
  std::string message_of_reading() const {
    const auto message = error_message([&] { read_model_file(path(), kFormat); });
    EXPECT_THAT(message, HasSubstr("thing.safetensors"));
    EXPECT_EQ(count_lines(message), 1);
    return message;
  }

  TemporaryFolder folder_;
};

TEST_F(ModelFiles, GivesBackWhatWasWritten) {
  write_model_file(path(), kFormat, kSettings, {{"a", torch::ones({2, 3})}});
  const auto file = read_model_file(path(), kFormat);
  EXPECT_EQ(file.format, kFormat.name);
  EXPECT_EQ(file.settings, kSettings);
  ASSERT_EQ(file.tensors.size(), 1u);
  EXPECT_TRUE(file.tensors.at("a").equal(torch::ones({2, 3})));
  EXPECT_EQ(read_any_model_file(path()).settings, kSettings);
}

TEST_F(ModelFiles, HaveTheBytesOfATensorFileWithFormatAndSettings) {
  write_model_file(path(), kFormat, kSettings, {{"a", torch::ones({2})}}, {{"norm_epsilon", "0.1"}});
  const auto written = read_text(path());
  EXPECT_EQ(read_model_file(path(), kFormat).further.at("norm_epsilon"), "0.1");
  EXPECT_EQ(read_model_file(path(), kFormat).further.size(), 1u);
  write({{"format", kFormat.name}, {"settings", kSettings.dump()}, {"norm_epsilon", "0.1"}});
  EXPECT_EQ(written, read_text(path()));
}

TEST_F(ModelFiles, OfAnotherFormatSayWhatIsExpectedAndWhoWritesIt) {
  write({{"format", "priorseg other 1"}, {"settings", "{}"}});
  EXPECT_THAT(message_of_reading(), HasSubstr("is a 'priorseg other 1', expected a 'priorseg thing 1' as "
                                              "written by 'priorseg make'"));
  write({});
  EXPECT_THAT(message_of_reading(), HasSubstr("is no file of priorseg, expected a 'priorseg thing 1'"));
  EXPECT_THAT(error_message([&] { read_any_model_file(path()); }), HasSubstr("was not written by priorseg"));
}

TEST_F(ModelFiles, WithoutOrWithDamagedSettingsSayWhatToDo) {
  write({{"format", kFormat.name}});
  EXPECT_THAT(message_of_reading(), AllOf(HasSubstr("has no settings"), HasSubstr(kFormat.remedy)));
  EXPECT_TRUE(read_any_model_file(path()).settings.is_null());
  for (const char* settings : {"", "{", "[]", "3"}) {
    write({{"format", kFormat.name}, {"settings", settings}});
    EXPECT_THAT(message_of_reading(), AllOf(HasSubstr("has damaged settings"), HasSubstr(kFormat.remedy)));
  }
}

TEST_F(ModelFiles, FailuresOfTheMakerNameTheFile) {
  write_model_file(path(), kFormat, kSettings, {});
  const auto message_of_making = [&](const auto& make) {
    return error_message([&] { load_model_file(path(), kFormat, make); });
  };
  EXPECT_THAT(message_of_making([](const ModelFile&) -> int { throw Error("the size is odd"); }),
              HasSubstr("thing.safetensors: the size is odd"));
  EXPECT_THAT(message_of_making([](const ModelFile& file) { return file.settings.at("colour").get<int>(); }),
              HasSubstr("has damaged settings; make it again"));
  EXPECT_EQ(load_model_file(path(), kFormat,
                            [](const ModelFile& file) { return file.settings.at("size").get<int>(); }),
            3);
}

}  // namespace
}  // namespace priorseg
