#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace priorseg {

/// One row of a panel sheet.
struct PanelRow {
  std::string name;                     ///< written over the row
  std::vector<torch::Tensor> pictures;  ///< [h,w,3] uint8 each, one a column
};

/// Pictures of the same things side by side, a heading over each column: for example truth, and what several
/// systems found. Pictures keep their pixels; columns are as wide as their widest picture.
///
/// @param columns  headings, at least one. Characters outside ASCII are drawn as '?'; a heading wider than
/// its column is cut.
/// @param rows     each with as many pictures as there are columns.
/// @return         [H,W,3] uint8 (red, green, blue), CPU.
/// @throws Error on no column, or another number, shape or dtype of pictures.
torch::Tensor panel_sheet(const std::vector<std::string>& columns, const std::vector<PanelRow>& rows);

}  // namespace priorseg
