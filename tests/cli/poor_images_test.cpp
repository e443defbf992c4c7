// Images that nothing can be learned from, and settings that do not fit them: a result, or one line that says
// why not.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>

#include "support/test_tiff.h"
#include "tiny_job.h"

namespace priorseg::test {
namespace {

namespace fs = std::filesystem;

template <class Sample>
void draw(const fs::path& file, uint32_t height, uint32_t width, const SampleAt<Sample>& value,
          uint16_t samples = 1) {
  fs::create_directories(file.parent_path());
  Layout layout;
  layout.height = height, layout.width = width, layout.samples = samples;
  if (samples == 3) layout.photometric = PHOTOMETRIC_RGB;
  if (std::is_floating_point_v<Sample>) layout.format = SAMPLEFORMAT_IEEEFP;
  write_test_tiff<Sample>(file, layout, value);
}

/// Bright discs of 16 px on a grid.
template <class Sample>
SampleAt<Sample> discs(double height = 200) {
  return [height](uint32_t x, uint32_t y, int) {
    const double away = std::hypot(x % 30 - 15.0, y % 30 - 15.0);
    return static_cast<Sample>(20 + (x * 7 + y * 13) % 5 + (away < 8 ? height : 0));
  };
}

template <class Sample>
SampleAt<Sample> all(Sample value) {
  return [value](uint32_t, uint32_t, int) { return value; };
}

constexpr const char* kError = "priorseg: error: ";

struct PoorImages {
  const char* name;
  std::function<void(const fs::path& folder)> make;
  Words more = {};
  bool is_refused = false;  ///< else it may be done, too
};

const PoorImages kCases[] = {
    {"Constant",
     [](const fs::path& folder) {
       draw<uint8_t>(folder / "a.tif", 96, 80, all<uint8_t>(7));
       draw<uint8_t>(folder / "b.tif", 96, 80, all<uint8_t>(0));
     }},
    {"NotANumber",
     [](const fs::path& folder) {
       draw<float>(folder / "a.tif", 96, 80, all(std::numeric_limits<float>::quiet_NaN()));
     }},
    {"Infinite",
     [](const fs::path& folder) {
       const float infinity = std::numeric_limits<float>::infinity();
       draw<float>(folder / "a.tif", 96, 80,
                   [=](uint32_t x, uint32_t, int) { return x % 2 ? infinity : -infinity; });
     }},
    {"DiscsWithHolesOfNaN",
     [](const fs::path& folder) {
       draw<float>(folder / "a.tif", 96, 90, [](uint32_t x, uint32_t y, int) {
         return x % 9 == 0 ? std::numeric_limits<float>::quiet_NaN() : discs<float>()(x, y, 0);
       });
     }},
    {"OnePixel", [](const fs::path& folder) { draw<uint8_t>(folder / "a.tif", 1, 1, all<uint8_t>(9)); }},
    {"OneRow", [](const fs::path& folder) { draw<uint16_t>(folder / "a.tif", 1, 300, discs<uint16_t>()); }},
    {"OneImage", [](const fs::path& folder) { draw<uint8_t>(folder / "a.tif", 90, 90, discs<uint8_t>()); }},
    {"MixedSizesAndDepths",
     [](const fs::path& folder) {
       draw<uint8_t>(folder / "a.tif", 90, 90, discs<uint8_t>());
       draw<uint16_t>(folder / "b.tif", 61, 200, discs<uint16_t>(40000));
       draw<float>(folder / "c.tif", 7, 9, discs<float>(0.5));
       draw<uint32_t>(folder / "d.tif", 120, 33, discs<uint32_t>(3e9));
     }},
    {"ColourBesideGrey",
     [](const fs::path& folder) {
       draw<uint8_t>(folder / "a.tif", 90, 90, discs<uint8_t>());
       draw<uint8_t>(folder / "b.tif", 90, 90, discs<uint8_t>(), 3);
     }},
    {"HugeValues", [](const fs::path& folder) { draw<float>(folder / "a.tif", 90, 90, discs<float>(3e38)); }},
    {"TinyValues",
     [](const fs::path& folder) {
       draw<float>(folder / "a.tif", 90, 90,
                   [](uint32_t x, uint32_t y, int) { return discs<float>()(x, y, 0) * 1e-42F; });
     }},
    {"SizeLargerThanTheImage",
     [](const fs::path& folder) { draw<uint8_t>(folder / "a.tif", 90, 90, discs<uint8_t>()); },
     {"--size", "5000:10000"}},
    {"SizeFarTooWide",
     [](const fs::path& folder) { draw<uint8_t>(folder / "a.tif", 90, 90, discs<uint8_t>()); },
     {"--size", "2:10000"}},
    {"SizeOfOnePixel",
     [](const fs::path& folder) { draw<uint8_t>(folder / "a.tif", 90, 90, discs<uint8_t>()); },
     {"--size", "0.001:0.002"},
     true},
};

class PoorImagesTest : public testing::TestWithParam<PoorImages> {};

INSTANTIATE_TEST_SUITE_P(Of, PoorImagesTest, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(PoorImagesTest, GiveAResultOrOneLineThatSaysWhyNot) {
  const TemporaryFolder folder;
  GetParam().make(folder / "images");
  const auto result =
      run_program(Words{"run", (folder / "images").string(), "-o", (folder / "out").string()} +
                  tiny_settings(8) + tiny_prior_settings() + GetParam().more);
  const std::string told = result.err;
  int errors = 0;
  for (size_t at = told.find(kError); at != std::string::npos; at = told.find(kError, at + 1)) ++errors;
  EXPECT_LE(errors, 1) << told;
  if (GetParam().is_refused) {
    EXPECT_THAT(result.exit_code, testing::AnyOf(1, 2)) << told;
  }
  if (is_done(result) && errors == 0) {
    EXPECT_TRUE(fs::exists(folder / "out/report.html")) << told;
  } else {
    EXPECT_THAT(result.exit_code, testing::AnyOf(1, 2, kNotToBeTrusted)) << told;
    EXPECT_NE(told, "");
  }
  for (const char* jargon : {" nan", "terminate", "c10", "Aborted"})
    EXPECT_EQ(told.find(jargon), std::string::npos) << told;
  const fs::path losses = folder / "out/losses.csv";
  EXPECT_EQ(fs::exists(losses) ? read_text(losses).find("nan") : std::string::npos, std::string::npos);
}

TEST(PoorMasks, WithoutObjectsOfThePriorAreRefused) {
  const TemporaryFolder folder;
  draw<uint8_t>(folder / "masks/a.tif", 40, 40, all<uint8_t>(0));
  EXPECT_THAT(
      fail(tiny_prior({"learn", (folder / "masks").string(), "-o", (folder / "p.safetensors").string()})),
      testing::HasSubstr("object"));
}

TEST(PoorPrior, OfAnotherPatchSizeIsUsedOrRefusedInOneLine) {
  const TemporaryFolder folder;
  succeed(tiny_prior({"synthetic", "-o", (folder / "p.safetensors").string(), "--set", "prior.patch_size=16",
                      "--set", "shapes.patch_size=16", "--set", "mask_patches.patch_size=16"}));
  const auto result =
      run_program(Words{"run", Workshop::instance().images(), "--prior", (folder / "p.safetensors").string(),
                        "-o", (folder / "out").string()} +
                  tiny_settings(8));
  if (!is_done(result)) {
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_EQ(count_lines(result.err), 1) << result.err;
  }
}

}  // namespace
}  // namespace priorseg::test
