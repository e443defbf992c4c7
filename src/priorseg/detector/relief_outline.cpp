#include "priorseg/detector/relief_outline.h"

#include <algorithm>
#include <map>

#include "priorseg/image/relief_cells.h"

namespace priorseg {
namespace {

struct ReliefCell {
  int64_t area = 0;
  std::map<int32_t, int64_t> covered;  // pixels of each object
};

/// The better object, which has the lower number, where two cover the same.
int32_t owner_of(const ReliefCell& cell) {
  int32_t owner = 0;
  int64_t most = 0;
  for (const auto& [object, pixels] : cell.covered)
    if (pixels > most) owner = object, most = pixels;
  return static_cast<double>(most) > kCoveredShareOfReliefCell * static_cast<double>(cell.area) ? owner : 0;
}

}  // namespace

std::vector<std::vector<uint8_t>> cells_of_relief(const OutlineWindow& window,
                                                  const std::vector<int32_t>& owners, int32_t owner) {
  const auto numbers = number_relief_cells(window.grey, window.height, window.width);
  std::map<int32_t, ReliefCell> cells;
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] == 0) continue;
    auto& cell = cells[numbers[i]];
    ++cell.area;
    if (owners[i] != 0) ++cell.covered[owners[i]];
  }
  std::vector<std::vector<uint8_t>> result;
  for (const auto& [number, cell] : cells) {
    if (owner_of(cell) != owner) continue;
    auto& pixels = result.emplace_back(numbers.size());
    std::transform(numbers.begin(), numbers.end(), pixels.begin(),
                   [number](int32_t other) -> uint8_t { return other == number; });
  }
  return result;
}

}  // namespace priorseg
