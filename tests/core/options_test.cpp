#include "priorseg/core/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::HasSubstr;

struct Optimizer {
  double learning_rate = 1e-3;
  bool nesterov = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("learning_rate", learning_rate, "step, > 0");
    v("nesterov", nesterov, "look ahead");
  }
};

struct Training {
  int64_t steps = 100;
  uint64_t seed = 1;
  std::string device = "cpu";
  std::vector<int64_t> sizes = {1, 2};
  Optimizer optimizer;

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, "training steps, >= 1");
    v("seed", seed, "of every random choice");
    v("device", device, "cpu or cuda");
    v("sizes", sizes, "channels");
    v("optimizer", optimizer, "how weights move");
  }
};

nlohmann::json parse(const char* text) { return nlohmann::json::parse(text); }

TEST(Options, JsonFormHoldsEverySettingOnce) {
  EXPECT_EQ(options_to_json(Training()), parse(R"({"steps": 100, "seed": 1, "device": "cpu", "sizes": [1, 2],
                                                   "optimizer": {"learning_rate": 0.001, "nesterov": false}})"));
}

TEST(Options, JsonFormReadsBackToTheSameSettings) {
  Training written;
  written.steps = 7;
  written.device = "cuda";
  written.sizes = {};
  written.optimizer = {0.1 + 0.2, true};  // a number without a short decimal form
  Training read;
  options_from_json(read, parse(options_to_json(written).dump().c_str()));
  EXPECT_EQ(options_to_json(read), options_to_json(written));
  EXPECT_EQ(read.optimizer.learning_rate, written.optimizer.learning_rate);
}

TEST(Options, KeepsWhatTheJsonDoesNotName) {
  Training options;
  options.steps = 5;
  options_from_json(options, parse(R"({"optimizer": {"nesterov": true}})"));
  EXPECT_EQ(options.steps, 5);
  EXPECT_EQ(options.optimizer.learning_rate, 1e-3);
  EXPECT_TRUE(options.optimizer.nesterov);
}

TEST(Options, UnknownNameIsAnErrorThatListsTheKnownOnes) {
  Training options;
  EXPECT_EQ(error_message([&] { options_from_json(options, parse(R"({"step": 3})")); }),
            "setting 'step' is not known; known are steps, seed, device, sizes, optimizer");
  EXPECT_EQ(error_message([&] { options_from_json(options, parse(R"({"optimizer": {"rate": 3}})")); }),
            "setting 'optimizer.rate' is not known; known are learning_rate, nesterov");
}

struct WrongValue {
  const char* json;
  const char* message;
};
class WrongValues : public testing::TestWithParam<WrongValue> {};

INSTANTIATE_TEST_SUITE_P(
    Options, WrongValues,
    testing::Values(
        WrongValue{R"({"steps": "many"})", R"(setting 'steps' is "many", expected a whole number)"},
        WrongValue{R"({"steps": 2.5})", "setting 'steps' is 2.5, expected a whole number"},
        WrongValue{R"({"steps": true})", "setting 'steps' is true, expected a whole number"},
        WrongValue{R"({"steps": 1e30})", "setting 'steps' is 1e+30, expected a whole number"},
        WrongValue{R"({"steps": null})", "setting 'steps' is null, expected a whole number"},
        WrongValue{R"({"steps": 9223372036854775808})",
                   "setting 'steps' is 9223372036854775808, expected a whole number"},
        WrongValue{R"({"seed": -1})", "setting 'seed' is -1, expected a whole number, not negative"},
        WrongValue{R"({"seed": -1.0})", "setting 'seed' is -1.0, expected a whole number, not negative"},
        WrongValue{R"({"device": 3})", "setting 'device' is 3, expected a text"},
        WrongValue{R"({"sizes": "1"})", R"(setting 'sizes' is "1", expected a list)"},
        WrongValue{R"({"optimizer": {"learning_rate": true}})",
                   "setting 'optimizer.learning_rate' is true, expected a number"},
        WrongValue{R"({"optimizer": {"nesterov": 1}})",
                   "setting 'optimizer.nesterov' is 1, expected true or false"},
        WrongValue{R"({"optimizer": 3})", "setting 'optimizer' is 3, expected a JSON object"},
        WrongValue{"[1, 2]", "the settings are [1,2], expected a JSON object"}));

TEST_P(WrongValues, AreAnErrorThatNamesSettingFoundAndExpected) {
  Training options;
  EXPECT_EQ(error_message([&] { options_from_json(options, parse(GetParam().json)); }), GetParam().message);
}

TEST(Options, WholeNumbersWrittenAsFloatsAreAccepted) {
  Training options;
  options_from_json(options, parse(R"({"steps": 2000.0})"));
  EXPECT_EQ(options.steps, 2000);
  options_from_json(options, parse(R"({"steps": 2e3})"));
  EXPECT_EQ(options.steps, 2000);
}

TEST(Options, SeedsUseAll64Bits) {
  Training options;
  options_from_json(options, parse(R"({"seed": 18446744073709551615})"));
  EXPECT_EQ(options.seed, 18446744073709551615ull);
  EXPECT_EQ(options_to_json(options).at("seed").dump(), "18446744073709551615");
}

TEST(SetOption, SetsOneSettingByItsDottedName) {
  Training options;
  set_option(options, "optimizer.learning_rate", "2e-4");
  set_option(options, "steps", "12");
  set_option(options, "sizes", "[8, 16]");
  set_option(options, "optimizer.nesterov", "true");
  EXPECT_EQ(options.optimizer.learning_rate, 2e-4);
  EXPECT_EQ(options.steps, 12);
  EXPECT_EQ(options.sizes, (std::vector<int64_t>{8, 16}));
  EXPECT_TRUE(options.optimizer.nesterov);
  EXPECT_EQ(options.device, "cpu");
}

TEST(SetOption, TakesTextWithoutQuotes) {
  Training options;
  set_option(options, "device", "cuda:1");
  EXPECT_EQ(options.device, "cuda:1");
}

TEST(SetOption, NamesTheWholeSettingInErrors) {
  Training options;
  EXPECT_THAT(error_message([&] { set_option(options, "optimizer.learning_rate", "fast"); }),
              AllOf(HasSubstr("'optimizer.learning_rate'"), HasSubstr("\"fast\""), HasSubstr("a number")));
  EXPECT_THAT(error_message([&] { set_option(options, "optimizer.speed", "1"); }),
              HasSubstr("'optimizer.speed'"));
  EXPECT_THAT(error_message([&] { set_option(options, "steps.more", "1"); }), HasSubstr("'steps'"));
  EXPECT_THAT(error_message([&] { set_option(options, "", "1"); }), HasSubstr("not known"));
}

TEST(SetOption, BytesThatAreNoTextDoNotBreakTheMessage) {
  Training options;
  EXPECT_THAT(error_message([&] { set_option(options, "steps", "\xff"); }),
              HasSubstr("expected a whole number"));
}

}  // namespace
}  // namespace priorseg
