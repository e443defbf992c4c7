#include "priorseg/studio/corrections.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <fstream>
#include <memory>

#include "priorseg/core/error.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg::test {
namespace {

torch::Tensor two_blocks() {
  auto labels = torch::zeros({8, 12}, torch::kInt32);
  labels.slice(0, 1, 5).slice(1, 1, 5).fill_(1);
  labels.slice(0, 1, 5).slice(1, 6, 11).fill_(2);
  return labels;
}

TEST(Corrections, MakeNoJournalBeforeTheFirstAction) {
  const TemporaryFolder folder;
  const Corrections corrections(two_blocks(), folder / "a/b.jsonl");
  EXPECT_EQ(corrections.revision(), 0);
  EXPECT_TRUE(folder.files().empty());
}

TEST(Corrections, AreThereAgainWhenTheJournalIsOpenedAgain) {
  const TemporaryFolder folder;
  const auto journal = folder / "corrections/a.jsonl";
  torch::Tensor labels;
  {
    Corrections corrections(two_blocks(), journal);
    corrections.apply({{"do", "delete"}, {"labels", {1}}}, 0);
    corrections.apply({{"do", "split"}, {"label", 2}, {"line", {8.2, 0, 8.2, 8}}}, 1);
    corrections.apply({{"do", "undo"}}, 2);
    corrections.apply({{"do", "redo"}}, 3);
    labels = corrections.editor().labels().clone();
  }
  const Corrections again(two_blocks(), journal);
  EXPECT_EQ(again.revision(), 4);
  EXPECT_TRUE(again.editor().labels().equal(labels));
  EXPECT_TRUE(again.editor().can_undo());
}

TEST(Corrections, LoseOnlyTheLineThatWasCutShort) {
  const TemporaryFolder folder;
  const auto journal = folder / "a.jsonl";
  {
    Corrections corrections(two_blocks(), journal);
    corrections.apply({{"do", "delete"}, {"labels", {1}}}, 0);
    corrections.apply({{"do", "delete"}, {"labels", {2}}}, 1);
  }
  const auto whole = read_text(journal);
  for (size_t size = 0; size <= whole.size(); ++size) {
    std::ofstream(journal, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    const auto lines = std::count(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size), '\n');
    Corrections corrections(two_blocks(), journal);
    EXPECT_EQ(corrections.revision(), std::max<int64_t>(0, lines - 1)) << size;
    if (corrections.revision() == 2) continue;
    corrections.apply({{"do", "delete"}, {"labels", {2}}}, corrections.revision());  // it goes on from there
    EXPECT_EQ((corrections.editor().labels() == 2).sum().item<int64_t>(), 0);
  }
}

TEST(Corrections, RefuseAnActionMeantForAnotherState) {
  const TemporaryFolder folder;
  Corrections corrections(two_blocks(), folder / "a.jsonl");
  corrections.apply({{"do", "delete"}, {"labels", {1}}}, 0);
  EXPECT_THROW(corrections.apply({{"do", "delete"}, {"labels", {2}}}, 0), OtherRevision);
  EXPECT_EQ((corrections.editor().labels() == 2).sum().item<int64_t>(), 20);
}

TEST(Corrections, WriteNoActionThatWasRefused) {
  const TemporaryFolder folder;
  const auto journal = folder / "a.jsonl";
  {
    Corrections corrections(two_blocks(), journal);
    corrections.apply({{"do", "delete"}, {"labels", {1}}}, 0);
    EXPECT_THROW(corrections.apply({{"do", "delete"}, {"labels", {7}}}, 1), Error);
  }
  EXPECT_EQ(Corrections(two_blocks(), journal).revision(), 1);
}

TEST(Corrections, OfAnotherLabelMapArePutAside) {
  const TemporaryFolder folder;
  const auto journal = folder / "a.jsonl";
  {
    Corrections corrections(two_blocks(), journal);
    corrections.apply({{"do", "delete"}, {"labels", {1}}}, 0);
  }
  auto other = two_blocks();
  other[7][0] = 3;
  Corrections corrections(other, journal);
  EXPECT_EQ(corrections.revision(), 0);
  EXPECT_NE(corrections.remark(), "");
  EXPECT_EQ(folder.files(), std::vector<std::string>{"a.1.old"});
  corrections.apply({{"do", "delete"}, {"labels", {3}}}, 0);
  EXPECT_EQ(folder.files().size(), 2U);
}

TEST(Corrections, BelongToOneProgramAtATime) {
  const TemporaryFolder folder;
  const auto journal = folder / "a.jsonl";
  auto first = std::make_unique<Corrections>(two_blocks(), journal);
  first->apply({{"do", "delete"}, {"labels", {1}}}, 0);
  EXPECT_THROW(Corrections(two_blocks(), journal), Error);
  first.reset();
  EXPECT_EQ(Corrections(two_blocks(), journal).revision(), 1);
}

}  // namespace
}  // namespace priorseg::test
