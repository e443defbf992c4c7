#include "priorseg/core/option_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace priorseg {
namespace {

struct Inner {
  double rate = 0.5;
  template <class Visitor>
  void visit(Visitor& v) {
    v("rate", rate, "per step");
  }
};

struct Outer {
  int64_t steps = 7;
  Inner inner;
  std::vector<int64_t> sizes = {1, 2};
  template <class Visitor>
  void visit(Visitor& v) {
    v("steps", steps, "how many");
    v("inner", inner, "nested");
    v("sizes", sizes, "widths");
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

TEST(OptionList, LeavesTheOptionsAsTheyAre) {
  const Outer options;
  list_options(options);
  EXPECT_EQ(options_to_json(options), options_to_json(Outer{}));
}

}  // namespace
}  // namespace priorseg
