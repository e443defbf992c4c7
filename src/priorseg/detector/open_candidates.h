#pragma once

#include <cstdint>
#include <vector>

#include "priorseg/core/instances.h"
#include "priorseg/core/tensor.h"
#include "priorseg/detector/options.h"
#include "priorseg/ops/detections.h"
#include "priorseg/ops/mask_nms.h"

namespace priorseg {

/// All of `a`, then all of `b`, of one image.
Instances joined(const Instances& a, const Instances& b);
/// All of one image, in their order.
/// @param parts  one at least.
Instances joined(const std::vector<Instances>& parts);

/// Objects of which it is not settled yet whether they are kept, with all that is known of them.
class OpenCandidates {
 public:
  /// @param smallest_side  smallest object, px of the user's image.
  /// @param has_levels     candidates come from several levels: one may be a crowd of others.
  OpenCandidates(const InferenceOptions& options, double smallest_side, bool has_levels);

  /// Adds candidates and takes out what is settled and kept; see RunningMaskNms::add. Specks and what lies on
  /// artefacts are dropped.
  /// @param kinds  [N,W] uint8, an ArtefactKind each, of the rows from `first_row` on, where the candidates
  /// lie;
  ///               may have no rows where there is no artefact.
  Detections add(const Instances& found, const torch::Tensor& kinds, int64_t first_row,
                 int64_t complete_rows);

  int64_t first_row() const { return suppression_.first_unsettled_row(); }

 private:
  void drop_settled();

  InferenceOptions options_;
  double least_side_;
  RunningMaskNms suppression_;
  Instances open_;  // from the first unsettled one on
  int64_t first_open_ = 0;
};

}  // namespace priorseg
