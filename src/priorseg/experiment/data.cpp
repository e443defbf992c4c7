#include "priorseg/core/error.h"
#include "priorseg/core/min_max.h"
#include "priorseg/data/image_list.h"
#include "priorseg/experiment/experiment.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

std::vector<PreparedSource> prepare_images(const std::vector<BenchmarkImage>& images, const std::string& role,
                                           const ExperimentData& data, const fs::path& folder,
                                           Observer& observer) {
  std::vector<PreparedSource> prepared;
  for (const auto& image : images) {
    prepared.push_back(prepare_benchmark_image(image, data.benchmark.coding, data.cut, folder / role));
    observer.check_stop();
    observer.progress({"prepare " + role + " images", std::ssize(prepared), std::ssize(images), {}});
  }
  return prepared;
}

/// Images that are cut otherwise lie in another folder.
std::string folder_name(const CropRule& cut) {
  return (cut.crop > 0 ? "crop" + std::to_string(cut.crop) : "whole") +
         (cut.side > 0 ? "_to" + std::to_string(cut.side) : "");
}

/// In px of the prepared images.
MinMax sizes_of(const ExperimentData& data, const std::optional<MinMax>& given) {
  const MinMax size = given.value_or(MinMax{data.benchmark.size_min, data.benchmark.size_max});
  if (size.max == 0) {
    throw Error("the object size of data set " + data.benchmark.name +
                " is not known, expected --size MIN:MAX in px of its images, e.g. --size 18:56");
  }
  return {size.min * data.scale, size.max * data.scale};
}

}  // namespace

ExperimentData prepare_experiment(const ExperimentOptions& options, Observer& observer) {
  ExperimentData data;
  data.benchmark = load_benchmark(options.data_set, options.folder, options.split);
  data.cut = data.benchmark.cut;
  if (options.crop >= 0) data.cut = {options.crop, 0, data.benchmark.cut.border};
  data.scale = prepared_scale(data.benchmark.one, data.cut);
  data.size = sizes_of(data, options.size);
  const fs::path folder = options.output / "data" / folder_name(data.cut);
  const auto& all = data.benchmark.test;
  std::vector<BenchmarkImage> test;
  for (const size_t index :
       spread_indices(all.size(), options.test_images > 0 ? options.test_images : std::ssize(all)))
    test.push_back(all[index]);
  data.training = prepare_images(data.benchmark.training, "training", data, folder, observer);
  data.full = prepare_images(data.benchmark.full, "training", data, folder, observer);
  data.test = prepare_images(test, "test", data, folder, observer);
  for (const auto& image : data.full)
    if (image.name == data.benchmark.one.name) data.one = image;
  return data;
}

nlohmann::json Experiment::test_setup() const {
  std::vector<std::string> names;
  for (const auto& image : data.test) names.push_back(image.name);
  return {{"data_set", data.benchmark.name},
          {"crop", data.cut.crop},
          {"side", data.cut.side},
          {"border", data.cut.border},
          {"images", names}};
}

}  // namespace priorseg
