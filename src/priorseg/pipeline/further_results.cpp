#include "priorseg/pipeline/further_results.h"

#include "priorseg/core/error.h"
#include "priorseg/output/write_objects.h"

namespace priorseg {
namespace fs = std::filesystem;
std::vector<FurtherResult> further_results(const fs::path& image, const ImageReader& reader,
                                           const std::string& stem, const Provenance& made_with,
                                           const OutputFolder& folder) {
  std::vector<FurtherResult> results;
  for (const auto form : folder.forms()) {
    const bool is_sequence = form == ResultForm::kCtc && reader.num_pictures() > 1;
    const fs::path file = is_sequence ? folder.ctc_sequence(stem) : folder.image_file(form, stem);
    if (file.empty()) {
      throw Error(
          "the name of " + image.string() +
          " ends in no number, expected one as frames of the Cell Tracking Challenge have it (t000.tif); "
          "rename it, or leave ctc out of --save");
    }
    const auto name = image.filename().string();
    results.push_back({file, make_sink(form, file, name, reader.info(), made_with, reader.stack_shape())});
  }
  return results;
}

}  // namespace priorseg
