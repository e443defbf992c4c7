#include "priorseg/output/images_csv.h"

#include <gmock/gmock.h>

#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

TEST(ImagesCsv, HasOneRowAnImage) {
  ReportImage good, failed, large;
  good.name = "a,b.tif";
  good.objects = 12;
  good.verdict = Verdict{Trust::kLook, {"the mean score is 0.45", "more"}};
  good.evidence.mean_score = 0.45;
  good.evidence.mean_quality = 0.5;
  good.evidence.explained = 1;
  good.left_out = "3.1 % padding";
  failed.name = "c.tif";
  failed.failure = "cut short";
  large.name = "caf\xE9.tif";
  large.verdict = Verdict{};
  const test::TemporaryFolder folder;
  write_images_csv(folder / "images.csv", {good, failed, large});
  EXPECT_EQ(test::read_text(folder / "images.csv"),
            "image,objects,verdict,reason,mean_score,mean_quality,standing_out,explained,supported,agreement,"
            "left_out\n"
            "\"a,b.tif\",12,look at these,the mean score is 0.45,0.4500,0.5000,,1.0000,,,3.1 % padding\n"
            "c.tif,,failed,cut short,,,,,,,\n"
            "caf\\xE9.tif,0,good,,,,,,,,\n");
}

}  // namespace
}  // namespace priorseg
