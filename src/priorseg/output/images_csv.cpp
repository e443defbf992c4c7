#include "priorseg/output/images_csv.h"

#include <charconv>
#include <cmath>
#include <string>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

/// As short as it can be in every locale, empty where it is unknown.
std::string share_field(double value) {
  if (!std::isfinite(value)) return "";
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 4).ptr};
}

std::string row_of(const ReportImage& image) {
  const bool failed = !image.failure.empty();
  std::string verdict, reason = image.failure;
  if (failed) verdict = "failed";
  if (image.verdict) {
    verdict = name_of(image.verdict->trust);
    if (!image.verdict->reasons.empty()) reason = image.verdict->reasons.front();
  }
  std::string row = csv_field(utf8_or_escaped(image.name)) + "," +
                    (failed ? "" : std::to_string(image.objects)) + "," + verdict + "," +
                    csv_field(utf8_or_escaped(reason));
  const auto& evidence = image.evidence;
  for (const double value : {evidence.mean_score, evidence.mean_quality, evidence.standing_out,
                             evidence.explained, evidence.supported, evidence.agreement})
    row += "," + share_field(value);
  return row + "," + csv_field(image.left_out) + "\n";
}

}  // namespace

void write_images_csv(const std::filesystem::path& path, const std::vector<ReportImage>& images) {
  std::string table =
      "image,objects,verdict,reason,mean_score,mean_quality,standing_out,explained,supported,agreement,left_"
      "out\n";
  for (const auto& image : images) table += row_of(image);
  write_text_atomically(path, table);
}

}  // namespace priorseg
