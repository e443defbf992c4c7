#include "priorseg/pipeline/further_results.h"

#include "priorseg/output/write_objects.h"

namespace priorseg {
namespace fs = std::filesystem;
std::vector<FurtherResult> further_results(const fs::path& image, const ImageInfo& info,
                                           const std::string& stem, const Provenance& made_with,
                                           const OutputFolder& folder) {
  std::vector<FurtherResult> results;
  for (const auto form : folder.forms()) {
    const fs::path file = folder.image_file(form, stem);
    results.push_back({file, make_sink(form, file, image.filename().string(), info, made_with)});
  }
  return results;
}

}  // namespace priorseg
