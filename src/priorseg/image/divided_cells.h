#pragma once

namespace cv {
class Mat;
}

namespace priorseg {

/// Tells apart cells that a pass joins which is narrower than both: a watershed of the distance to the next
/// pixel that is no cell or a border (Gaussian of sigma 1 px), flooded from the highest pixel down. Two hills
/// that meet are one cell where the lower one rises less than 3.5 px above the pass, or where one of them has
/// less than `least_area` px so far.
///
/// @param cells       [H,W] CV_8U, not 0 inside of cells.
/// @param borders     [H,W] CV_8U, not 0 on lines between cells. They steer the passes alone: their pixels
///                    fall to the cells beside them.
/// @return            [H,W] CV_32S, the same number in the pixels of a cell; 0 outside of `cells`.
cv::Mat divide_cells(const cv::Mat& cells, const cv::Mat& borders, int least_area);

}  // namespace priorseg
