// priorseg look, and exit code 3.
#include <gmock/gmock.h>
#include <torch/torch.h>

#include <filesystem>

#include "priorseg/image/image_file.h"
#include "support/temporary_folder.h"
#include "tiny_job.h"

namespace priorseg::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Images in which nothing is.
std::string noise(const TemporaryFolder& folder) {
  EXPECT_EQ(run_program({"simulate", "-q", "-n", "2", "--preset", "empty", "--image-size", "96x80", "-o",
                         (folder / "empty").string()})
                .exit_code,
            0);
  return (folder / "empty/images").string();
}

TEST(LookVerb, PrintsWhatItSeesAndWritesAPage) {
  const TemporaryFolder folder;
  const auto page = folder / "look.html";
  const auto result = run_program({"look", Workshop::instance().images(), "-q", "-o", page.string()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 of 2 images looked at: 80 x 96 px"),
                                HasSubstr("--polarity bright"), HasSubstr("--size ")));
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(read_text(page), AllOf(HasSubstr("Before the training"), HasSubstr("data:image/png;base64,"),
                                     HasSubstr("2 of 2 images looked at")));
  EXPECT_EQ(folder.files(), std::vector<std::string>{"look.html"});
}

TEST(LookVerb, DoubtsImagesThatAreOutOfFocus) {
  const TemporaryFolder folder;
  const auto places = torch::arange(300, torch::kFloat32);
  auto image = 100 + 2 * torch::randn({300, 300});
  for (const double y : {60, 150, 240})
    for (const double x : {60, 150, 240})
      image +=
          400 * (-((places.view({-1, 1}) - y).square() + (places.view({1, -1}) - x).square()) / 200).exp();
  write_grey_tiff(folder / "blurred.tif", image, 16);
  const auto result = run_program({"look", (folder / "blurred.tif").string(), "-q"});
  EXPECT_THAT(result.out, HasSubstr("out of focus?")) << result.err;
  EXPECT_EQ(result.out.find("out of focus?"), result.out.rfind("out of focus?"));
}

TEST(LookVerb, NeverWritesItsPageOverAnImage) {
  const TemporaryFolder folder;
  const auto image = folder / "a.tif";
  std::filesystem::copy_file(Workshop::instance().images() + "/sim_000.tif", image);
  const auto before = read_text(image);
  const auto result = run_program({"look", image.string(), "-q", "-o", image.string()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(count_lines(result.err), 1) << result.err;
  EXPECT_EQ(result.out, "") << "told before the work";
  EXPECT_EQ(read_text(image), before);
}

TEST(LookVerb, EndsWithThreeWhereNothingCanBeLearned) {
  const TemporaryFolder folder;
  const auto result = run_program({"look", noise(folder), "-q", "--size", "14:24"});
  EXPECT_EQ(result.exit_code, kNotToBeTrusted);
  EXPECT_THAT(result.out, HasSubstr("doubt: in 2 of 2 images hardly anything stands out"));
}

TEST(LookVerb, ImagesOfOneValueHaveNothingToEstimateSizesFrom) {
  const TemporaryFolder folder;
  write_grey_tiff(folder / "flat.tif", torch::full({64, 64}, 300.0), 16);
  const auto result = run_program({"look", (folder / "flat.tif").string(), "-q"});
  EXPECT_EQ(result.exit_code, kNotToBeTrusted);
  EXPECT_THAT(result.err, HasSubstr("no object stands out of the images"));
}

TEST(LookVerb, ImagesThatCannotBeReadAreAnError) {
  const TemporaryFolder folder;
  write_text(folder / "a.tif", "no image");
  EXPECT_EQ(run_program({"look", (folder / "a.tif").string(), "-q"}).exit_code, 1);
}

TEST(Verdict, EndsARunWithThreeWhereNothingIsFound) {
  const TemporaryFolder folder;
  const auto result = run_program(
      Words{"run", noise(folder), "--prior", Workshop::instance().prior(), "-o", (folder / "out").string()} +
      tiny_settings());
  EXPECT_EQ(result.exit_code, kNotToBeTrusted) << result.err;
  EXPECT_THAT(result.err, HasSubstr("verdict: do not trust"));
  EXPECT_THAT(read_text(folder / "out/report.html"),
              AllOf(HasSubstr("Verdict: do not trust"), HasSubstr("Before the training")));
  EXPECT_THAT(read_text(folder / "out/images.csv"), HasSubstr("image,objects,verdict,reason"));
}

}  // namespace
}  // namespace priorseg::test
