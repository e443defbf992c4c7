#include "priorseg/core/option_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace priorseg {
namespace {

struct Inner {
  double rate = 0.5;
  template <class Visitor>
  void visit(Visitor& v) {
    v("rate", rate, between(0, 1), "per step");
  }
};

struct Outer {
  int64_t steps = 7;
  Inner inner;
  std::vector<int64_t> sizes = {1, 2};
  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, at_least(1), "how many");
    v("inner", inner, "nested");
    v("sizes", sizes, list_of(1, 4, between(1, 64)), "widths");
  }
};

TEST(OptionList, NamesNestedSettingsAsSetTakesThem) {
  const auto entries = list_options(Outer{});
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].name, "steps");
  EXPECT_EQ(entries[1].name, "inner.rate");
  EXPECT_EQ(entries[2].name, "sizes");
  Outer changed;
  set_option(changed, entries[1].name, "0.25");
  EXPECT_EQ(changed.inner.rate, 0.25);
}

TEST(OptionList, HoldsValueAndMeaning) {
  Outer options;
  options.inner.rate = 0.75;
  const auto entries = list_options(options);
  EXPECT_EQ(entries[1].value, 0.75);
  EXPECT_EQ(entries[1].help, "per step");
  EXPECT_EQ(entries[2].value.dump(), "[1,2]");
}

TEST(OptionList, TellsTypeAndRange) {
  const auto entries = list_options(Outer{});
  EXPECT_EQ(entries[0].type, "integer");
  EXPECT_EQ(entries[0].allowed, "at least 1");
  EXPECT_EQ(entries[1].type, "number");
  EXPECT_EQ(entries[1].allowed, "0 to 1");
  EXPECT_EQ(entries[2].type, "array");
  EXPECT_EQ(entries[2].allowed, "1 to 4 entries, each 1 to 64");
}

TEST(OptionList, LeavesTheOptionsAsTheyAre) {
  const Outer options;
  list_options(options);
  EXPECT_EQ(options_to_json(options), options_to_json(Outer{}));
}

}  // namespace
}  // namespace priorseg
