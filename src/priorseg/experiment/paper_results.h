#pragma once

#include <array>
#include <string>
#include <vector>

namespace priorseg {

/// A row of table 1 of Chen et al. 2020.
struct PaperResult {
  std::string system;        ///< by the names of experiment_systems()
  std::array<double, 7> ap;  ///< at IoU 0.3, 0.4 ... 0.9
  double map;                ///< as printed
};

/// What the paper reports for a data set: six rows, or none where it does not report any. For bbbc039 those
/// of BBBC006, whose assay it shares.
/// @param benchmark  of benchmark_names().
const std::vector<PaperResult>& paper_results(const std::string& benchmark);

}  // namespace priorseg
