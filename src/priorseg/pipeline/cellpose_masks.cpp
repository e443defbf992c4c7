#include "priorseg/pipeline/cellpose_masks.h"

#include <torch/types.h>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/error.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/image_file.h"
#include "priorseg/image/image_reader.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

/// TIFFs tell who wrote them at their end, PNGs at their beginning.
bool says_that_priorseg_wrote_it(const fs::path& path) {
  constexpr std::streamoff kBytes = 1 << 16;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file.tellg();
  std::string text(static_cast<size_t>(kBytes), '\0');
  for (const std::streamoff start : {std::streamoff{0}, std::max<std::streamoff>(0, size - kBytes)}) {
    file.clear();
    file.seekg(start);
    file.read(text.data(), kBytes);
    const std::string_view read(text.data(), static_cast<size_t>(file.gcount()));
    if (read.find("priorseg ") != std::string_view::npos) return true;
  }
  return false;
}

/// 0 where a label is left out.
torch::Tensor kept_labels(const torch::Tensor& labels, const CellposeMaskOptions& options) {
  const auto areas = torch::bincount(labels.flatten().to(torch::kInt64));
  auto kept = areas.ge(options.min_size);
  if (options.exclude_on_edges) {
    for (const auto& edge : {labels[0], labels[-1], labels.select(1, 0), labels.select(1, -1)})
      kept.index_fill_(0, edge.to(torch::kInt64), false);
  }
  return labels * kept.index_select(0, labels.flatten().to(torch::kInt64)).view_as(labels).to(torch::kInt32);
}

void write_stack(const fs::path& file, const std::vector<torch::Tensor>& maps, const ImageInfo& info,
                 int64_t highest) {
  LabelMapWriter writer(file, info.height, info.width, highest, info.pixel_size, {}, {1, std::ssize(maps)});
  for (const auto& map : maps) writer.append(map);
  writer.finish();
}

}  // namespace

CellposeMasks::CellposeMasks(const std::vector<fs::path>& images, OutputPaths labels,
                             CellposeMaskOptions options, Observer& observer)
    : stems_(output_stems(images)),
      labels_(std::move(labels)),
      options_(std::move(options)),
      observer_(observer) {
  for (const auto& stem : stems_) {
    for (const auto& file : files_of(stem)) {
      std::error_code error;
      if (!fs::exists(fs::symlink_status(file, error)) || says_that_priorseg_wrote_it(file)) continue;
      throw Error(file.string() +
                  " exists and was not written by priorseg; give another folder with "
                  "--savedir, or move it away");
    }
  }
}

std::vector<fs::path> CellposeMasks::files_of(const std::string& stem) const {
  std::vector<fs::path> files;
  if (options_.tif) files.push_back(options_.folder / (stem + "_cp_masks.tif"));
  if (options_.png) files.push_back(options_.folder / (stem + "_cp_masks.png"));
  return files;
}

void CellposeMasks::write(const std::string& stem) {
  const fs::path label_map = labels_.label_map(stem);
  if (!fs::exists(label_map)) return;  // the image failed, which was told
  const ImageInfo info = ImageReader(label_map).info();
  auto maps = read_label_maps(label_map);
  int64_t highest = 0;
  for (auto& map : maps) {
    map = kept_labels(map, options_);
    highest = std::max<int64_t>(highest, map.max().item<int32_t>());
  }
  for (const auto& file : files_of(stem)) {
    if (file.extension() == ".tif") {
      write_stack(file, maps, info, highest);
    } else if (maps.size() == 1) {
      write_label_png(file, maps.front());
    } else {
      throw Error("cannot write " + file.string() + ": the image holds " + std::to_string(maps.size()) +
                  " pictures, and a PNG one; take --save_tif");
    }
  }
}

void CellposeMasks::write_up_to(int64_t count) {
  for (; written_ < count; ++written_) {
    try {
      write(stems_[static_cast<size_t>(written_)]);
    } catch (const std::exception& error) {
      ++failures_;
      observer_.error(error.what());
    }
  }
}

void CellposeMasks::progress(const Progress& state) {
  if (state.stage == "segment") write_up_to(state.done);
  observer_.progress(state);
}

void CellposeMasks::finish() { write_up_to(std::ssize(stems_)); }

}  // namespace priorseg
