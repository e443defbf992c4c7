#include "priorseg/output/contact_sheet.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <limits>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

/// Black pixels: neither the paper nor headings and separators are black.
int64_t dark_pixels(const torch::Tensor& sheet) { return sheet.eq(0).all(2).sum().item<int64_t>(); }

TEST(ContactSheet, DrawsEveryPatchEnlarged) {
  const torch::Tensor black = torch::zeros({5, 1, 32, 32});
  const torch::Tensor sheet = contact_sheet({{"Training shapes", black}});
  EXPECT_EQ(sheet.scalar_type(), torch::kUInt8);
  EXPECT_EQ(sheet.size(2), 3);
  EXPECT_EQ(dark_pixels(sheet), 5 * 64 * 64);
}

TEST(ContactSheet, WrapsTilesIntoRows) {
  const ContactSheetOptions options{4, 1};
  const auto height = [&](int64_t count) {
    return contact_sheet({{"a", torch::zeros({count, 1, 100, 100})}}, options).size(0);
  };
  EXPECT_EQ(height(4), height(1));
  EXPECT_EQ(height(5), height(4) + 102);  // a tile and its separator
  EXPECT_EQ(dark_pixels(contact_sheet({{"a", torch::zeros({5, 1, 100, 100})}}, options)), 5 * 100 * 100);
}

TEST(ContactSheet, KeepsGroupsApartAndInOrder) {
  const torch::Tensor sheet =
      contact_sheet({{"first", torch::zeros({2, 1, 32, 32})}, {"second", torch::full({2, 1, 32, 32}, 0.5F)}});
  const auto mean_row = [&](const torch::Tensor& pixels) {
    return pixels.nonzero().select(1, 0).to(torch::kFloat64).mean().item<double>();
  };
  EXPECT_EQ(sheet.eq(128).all(2).sum().item<int64_t>(), 2 * 64 * 64);
  EXPECT_LT(mean_row(sheet.eq(0).all(2)), mean_row(sheet.eq(128).all(2)));
}

TEST(ContactSheet, ShowsTheHeading) {
  const torch::Tensor patches = torch::zeros({1, 1, 32, 32});
  const torch::Tensor with = contact_sheet({{"Training shapes", patches}});
  const torch::Tensor without = contact_sheet({{"", patches}});
  EXPECT_GT(with.ne(without).any(2).sum().item<int64_t>(), 200);
}

TEST(ContactSheet, CutsHeadingsThatAreTooLongAndReplacesLettersItCannotDraw) {
  const torch::Tensor patches = torch::zeros({1, 1, 32, 32});
  std::string heading(500, 'W');
  heading.replace(0, 3, "\xC3\xBC\n");
  const torch::Tensor sheet = contact_sheet({{heading, patches}});
  EXPECT_EQ(sheet.size(1), contact_sheet({{"W", patches}}).size(1));
}

TEST(ContactSheet, ClampsValuesAndDrawsNanAsBackground) {
  torch::Tensor patches = torch::zeros({3, 1, 16, 16});
  patches[0].fill_(std::numeric_limits<float>::quiet_NaN());
  patches[1].fill_(-3);
  patches[2].fill_(7);
  EXPECT_EQ(dark_pixels(contact_sheet({{"a", patches}})), 2 * 32 * 32);
}

TEST(ContactSheet, AcceptsAGroupWithoutPatchesAndGroupsOfDifferentSize) {
  const torch::Tensor sheet = contact_sheet({{"none", torch::zeros({0, 1, 32, 32})},
                                             {"small", torch::zeros({1, 1, 8, 8})},
                                             {"d", torch::zeros({1, 1, 64, 64}, torch::kFloat64)}});
  EXPECT_EQ(dark_pixels(sheet), 16 * 16 + 128 * 128);
}

TEST(ContactSheet, ReadsPatchesThatAreNotContiguous) {
  const torch::Tensor patches = torch::rand({3, 1, 20, 20}).transpose(2, 3);
  EXPECT_TRUE(torch::equal(contact_sheet({{"a", patches}}), contact_sheet({{"a", patches.contiguous()}})));
}

TEST(ContactSheet, NamesWhatIsWrong) {
  EXPECT_THAT([] { contact_sheet({}); }, ThrowsMessage<Error>(HasSubstr("expected at least one")));
  EXPECT_THAT(
      [] {
        contact_sheet({{"a", torch::zeros({3, 32, 32})}});
      },
      ThrowsMessage<Error>(HasSubstr("patches of 'a'")));
  EXPECT_THAT(
      [] {
        contact_sheet({{"a", torch::zeros({3, 1, 32, 30})}});
      },
      ThrowsMessage<Error>(HasSubstr("square patches")));
  EXPECT_THAT(
      [] {
        contact_sheet({{"a", torch::zeros({3, 1, 32, 32}, torch::kInt32)}});
      },
      ThrowsMessage<Error>(HasSubstr("floating point")));
  EXPECT_THAT(
      [] {
        contact_sheet({{"a", torch::zeros({3, 1, 32, 32})}}, {0, 2});
      },
      ThrowsMessage<Error>(HasSubstr("columns >= 1")));
}

}  // namespace
}  // namespace priorseg
