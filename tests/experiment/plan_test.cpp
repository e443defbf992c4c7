#include "priorseg/experiment/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "priorseg/experiment/paper_results.h"
#include "support/error_message.h"

namespace priorseg {
namespace {

using test::error_message;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names(const std::vector<PlannedSystem>& systems) {
  std::vector<std::string> result;
  for (const auto& system : systems) result.push_back(system.name);
  return result;
}

TEST(PlanSystems, AllAreTheSixOfThePaperAndTheDefaults) {
  const auto plan = plan_systems("all", 96, {});
  EXPECT_EQ(names(plan), experiment_systems());
  EXPECT_EQ(plan[0].preset, "paper");
  EXPECT_TRUE(plan[0].learns_shapes);
  EXPECT_EQ(plan[0].annotated, 1);
  EXPECT_FALSE(plan[1].learns_shapes);
  EXPECT_EQ(plan[1].annotated, 0);
  EXPECT_EQ(plan[2].annotated, 1);
  EXPECT_EQ(plan[2].steps, 600);
  EXPECT_EQ(plan[3].annotated, 96);
  EXPECT_EQ(plan[3].steps, 1500);
  EXPECT_FALSE(plan[3].is_finetuned);
  EXPECT_TRUE(plan[5].is_finetuned);
  EXPECT_EQ(plan[6].preset, "default");
}

TEST(PlanSystems, ListIsPutInOrderWithoutDoubles) {
  EXPECT_THAT(names(plan_systems("mrcnn-scratch-one, ours-synthetic,mrcnn-scratch-one", 5, {})),
              ElementsAre("ours-synthetic", "mrcnn-scratch-one"));
}

TEST(PlanSystems, WrongListsAreErrors) {
  EXPECT_THAT(error_message([] { plan_systems("ours", 5, {}); }),
              AllOf(HasSubstr("'ours' is not known"), HasSubstr("ours-annotation")));
  EXPECT_THAT(error_message([] { plan_systems(" , ", 5, {}); }), HasSubstr("is empty"));
}

TEST(PlanBudget, IsAscendingAndSharesItsEndsWithTheSystems) {
  const auto plan = plan_budget("5,1,2,100,200", false, 60, {0, 1000, 10});
  EXPECT_THAT(names(plan),
              ElementsAre("mrcnn-scratch-one", "mrcnn-scratch-2", "mrcnn-scratch-5", "mrcnn-scratch-full"));
  EXPECT_EQ(plan[0].steps, 10);
  EXPECT_EQ(plan[1].steps, 1000);
  EXPECT_EQ(plan[3].annotated, 60);
  EXPECT_THAT(names(joined_plan(plan_systems("mrcnn-scratch-full", 60, {}), plan)),
              ElementsAre("mrcnn-scratch-full", "mrcnn-scratch-one", "mrcnn-scratch-2", "mrcnn-scratch-5"));
  EXPECT_TRUE(plan_budget("", false, 60, {}).empty());
}

TEST(PlanBudget, WhatIsNoNumberIsAnError) {
  for (const char* list : {"1,x", "0", "-2", "1.5"})
    EXPECT_THAT(error_message([&] { plan_budget(list, false, 60, {}); }), HasSubstr("expected numbers"))
        << list;
}

TEST(PaperResults, MeansAreThoseOfTheRowsButForOnePrintedWrongly) {
  int wrong = 0;
  for (const char* name : {"bbbc006", "fluo-n2dh-sim+", "phc-c2dl-psc"}) {
    const auto& rows = paper_results(name);
    ASSERT_EQ(rows.size(), 6u);
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].system, experiment_systems()[i]);
      const double mean = std::accumulate(rows[i].ap.begin(), rows[i].ap.end(), 0.0) / 7;
      if (std::abs(mean - rows[i].map) > 2e-4) ++wrong;
    }
  }
  EXPECT_EQ(wrong, 1);  // FLUO, mrcnn-scratch-one
  EXPECT_TRUE(paper_results("folder").empty());
}

}  // namespace
}  // namespace priorseg
