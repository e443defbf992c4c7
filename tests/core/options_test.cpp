#include "priorseg/core/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

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
    v("learning_rate", learning_rate, inside(0, 1), "step");
    v("nesterov", nesterov, "look ahead");
  }
};

enum class Schedule { kConstant, kCosine };
constexpr auto option_names(Schedule) {
  return std::array{std::pair{Schedule::kConstant, "constant"}, std::pair{Schedule::kCosine, "cosine"}};
}

struct Training {
  int64_t steps = 100;
  uint64_t seed = 1;
  std::string device = "cpu";
  Schedule schedule = Schedule::kConstant;
  std::vector<int64_t> sizes = {1, 2};
  Optimizer optimizer;

  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, between(1, 1e6), "training steps");
    v("seed", seed, at_least(0), "of every random choice");
    v("device", device, "cpu or cuda");
    v("schedule", schedule, "of the learning rate");
    v("sizes", sizes, list_of(0, 3, between(1, 64)), "channels");
    v("optimizer", optimizer, "how weights move");
  }
};

nlohmann::json parse(const char* text) { return nlohmann::json::parse(text); }

TEST(Options, JsonFormHoldsEverySettingOnce) {
  EXPECT_EQ(options_to_json(Training()),
            parse(R"({"steps": 100, "seed": 1, "device": "cpu", "sizes": [1, 2], "schedule": "constant",
                                                   "optimizer": {"learning_rate": 0.001, "nesterov": false}})"));
}

TEST(Options, JsonFormReadsBackToTheSameSettings) {
  Training written;
  written.steps = 7;
  written.device = "cuda";
  written.schedule = Schedule::kCosine;
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
            "setting 'step' is not known; known are steps, seed, device, schedule, sizes, optimizer");
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
        WrongValue{R"({"steps": 0})", "steps is 0, expected 1 to 1000000"},
        WrongValue{R"({"schedule": "linear"})", "schedule is 'linear', expected 'constant' or 'cosine'"},
        WrongValue{R"({"schedule": 3})", "schedule is 3, expected 'constant' or 'cosine'"},
        WrongValue{R"({"sizes": [1, 1, 1, 1]})", "sizes has 4 entries, expected 0 to 3"},
        WrongValue{R"({"sizes": [1, 0]})", "sizes holds 0, expected 1 to 64"},
        WrongValue{R"({"optimizer": {"learning_rate": 1}})",
                   "optimizer.learning_rate is 1, expected more than 0, less than 1"},
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

TEST(Options, ValueOutOfRangeLeavesTheSettingAsItWas) {
  Training options;
  error_message([&] { set_option(options, "steps", "0"); });
  EXPECT_EQ(options.steps, 100);
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

TEST(SetOption, TakesNameAndValueInOneText) {
  Training options;
  set_option(options, "optimizer.learning_rate=0.25");
  EXPECT_EQ(options.optimizer.learning_rate, 0.25);
  set_option(options, "device=a=b");
  EXPECT_EQ(options.device, "a=b");
  EXPECT_EQ(error_message([&] { set_option(options, "steps"); }), "'steps' has no '=', expected NAME=VALUE");
}

TEST(SetOption, BytesThatAreNoTextDoNotBreakTheMessage) {
  Training options;
  EXPECT_THAT(error_message([&] { set_option(options, "steps", "\xff"); }),
              HasSubstr("expected a whole number"));
}

struct Interval {
  double low = 1, high = 2;

  void check_rules(const std::string& where) const {
    if (high < low) throw Error(where + "high is below " + where + "low");
  }

  template <class Visitor>
  void visit(Visitor& v) {
    v("low", low, between(0, 10), "lower end");
    v("high", high, between(0, 10), "upper end");
  }
};

struct TwoIntervals {
  Interval first, second;

  template <class Visitor>
  void visit(Visitor& v) {
    v("first", first, "one");
    v("second", second, "another");
  }
};

TEST(CheckOptions, NamesTheSettingByThePlaceOfItsStruct) {
  TwoIntervals options;
  EXPECT_EQ(error_message([&] { check_options(options); }), "no error");
  options.second.high = 11;
  EXPECT_EQ(error_message([&] { check_options(options); }), "second.high is 11, expected 0 to 10");
  EXPECT_EQ(error_message([&] { check_options(options, "job."); }),
            "job.second.high is 11, expected 0 to 10");
}

TEST(CheckOptions, ChecksTheRulesOfNestedStructs) {
  TwoIntervals options;
  options.first.high = 0.5;
  EXPECT_EQ(error_message([&] { check_options(options); }), "first.high is below first.low");
}

TEST(CheckOptions, RefusesWhatIsNoFiniteNumber) {
  Interval options;
  options.low = NAN;
  EXPECT_EQ(error_message([&] { check_options(options); }), "low is nan, expected 0 to 10");
  options.low = INFINITY;
  EXPECT_EQ(error_message([&] { check_options(options); }), "low is inf, expected 0 to 10");
}

}  // namespace
}  // namespace priorseg
