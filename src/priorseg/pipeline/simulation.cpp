#include "priorseg/pipeline/simulation.h"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/core/options.h"
#include "priorseg/core/parallel.h"
#include "priorseg/core/version.h"
#include "priorseg/image/image_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// Images of an earlier run would mix with the new ones.
void refuse_filled_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder, error) || fs::is_empty(folder, error)) return;
  throw Error(folder.string() +
              " already holds files, expected a new output folder; remove it or name another with -o");
}

/// Settings of a training, or the user's own.
void refuse_other_settings(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  std::ifstream file(path, std::ios::binary);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (json.is_object() && json.contains("simulator")) return;
  throw Error(path.string() +
              " exists and was not written by 'priorseg simulate', expected a new output folder; name "
              "another with -o");
}

std::string name_of_image(int64_t index, int64_t count) {
  const size_t digits = std::max<size_t>(3, std::to_string(count - 1).size());
  const std::string number = std::to_string(index);
  return "sim_" + std::string(digits - std::min(digits, number.size()), '0') + number + ".tif";
}

}  // namespace

int64_t write_simulated_images(const SimulatorOptions& simulator, const std::string& preset, int64_t count,
                               uint64_t seed, const fs::path& folder, Observer& observer) {
  refuse_filled_folder(folder / "images");
  refuse_filled_folder(folder / "labels");
  refuse_other_settings(folder / "settings.json");
  const nlohmann::json settings = {{"preset", preset},
                                   {"count", count},
                                   {"seed", seed},
                                   {"version", version()},
                                   {"simulator", options_to_json(simulator)}};
  write_text_atomically(folder / "settings.json", settings.dump(2) + "\n");
  std::mutex mutex;
  int64_t done = 0, objects = 0;
  parallel_for(0, count, 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last && !observer.stop_requested(); ++i) {
      const SimulatedImage simulated = simulate_image(simulator, seed, i);
      const std::string name = name_of_image(i, count);
      write_grey_tiff(folder / "images" / name, simulated.image, static_cast<int>(simulator.bit_depth));
      write_label_map(folder / "labels" / name, simulated.labels);
      const std::lock_guard lock(mutex);
      objects += simulated.labels.max().item<int32_t>();
      observer.progress({"simulate", ++done, count, {}});
    }
  });
  observer.check_stop();
  return objects;
}

}  // namespace priorseg
