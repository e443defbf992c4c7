#include "priorseg/core/result_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(FurtherForms, AreThoseThatAreNotAlwaysWritten) {
  EXPECT_THAT(parse_further_forms("labels,overlay,csv"), IsEmpty());
  EXPECT_THAT(parse_further_forms(""), IsEmpty());
  EXPECT_THAT(parse_further_forms("coco, rois ,labels,rois"),
              ElementsAre(ResultForm::kRois, ResultForm::kCoco));
}

TEST(FurtherForms, UnknownNameIsAnErrorThatListsTheKnownOnes) {
  for (const char* names : {"roi", "rois,roi,csv"}) {
    EXPECT_THAT(error_message([&] { parse_further_forms(names); }),
                AllOf(HasSubstr("'roi' is no form"), HasSubstr("'rois'"), HasSubstr("'cellpose'")));
  }
  EXPECT_THAT(error_message([] { parse_further_forms("rois,"); }), HasSubstr("'' is no form"));
}

}  // namespace
}  // namespace priorseg
