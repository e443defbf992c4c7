#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace priorseg::program {

constexpr int64_t kLogEvery = 10;  ///< steps averaged in one row of a table of losses

using Figures = std::vector<std::pair<std::string, double>>;

/// Means over the steps since the last row of a table of losses.
class FigureMeans {
 public:
  void add(const Figures& figures) {
    if (sums_.empty()) sums_ = Figures(figures.size());
    for (size_t i = 0; i < figures.size(); ++i) {
      sums_[i].first = figures[i].first;
      sums_[i].second += figures[i].second;
    }
    ++count_;
  }
  Figures take() {
    for (auto& [name, value] : sums_) value /= static_cast<double>(count_);
    count_ = 0;
    return std::exchange(sums_, {});
  }

 private:
  Figures sums_;
  int64_t count_ = 0;
};

}  // namespace priorseg::program
