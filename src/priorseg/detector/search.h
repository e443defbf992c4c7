#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "priorseg/detector/detector.h"
#include "priorseg/detector/network_image.h"
#include "priorseg/detector/open_candidates.h"
#include "priorseg/detector/open_outlines.h"
#include "priorseg/detector/outline_draft.h"

namespace priorseg {

/// [N,W] uint8: an ArtefactKind each.
/// @param clean  rows of a clean image.
torch::Tensor kinds_of(const torch::Tensor& clean);
/// The same of rows that are held; no rows where there is no artefact in them.
torch::Tensor kinds_of(const RollingRows& clean, RowRange rows);

/// Candidates that know the size of their image.
Instances in_image(Instances found, const ImageInfo& image);

/// @param pixels  [C,N,W]: rows `rows` of the image.
/// @param kinds   [N,W] of them, or no rows.
FoundRows piece_of(Detections found, RowRange rows, torch::Tensor pixels, torch::Tensor kinds);

/// One look at one image, with the options of this call. What it calls of the detector only reads.
class Detector::Search {
 public:
  Search(const Detector& detector, const InferenceOptions& inference, Observer& observer)
      : detector_(detector),
        options_(detector.options_),
        scale_(detector.scale_),
        inference_(inference),
        observer_(observer) {
    inference_.validate();
    if (inference_.channel != ImageChannel::kAuto) options_.intensity.channel = inference_.channel;
    if (inference_.polarity != Polarity::kAuto) options_.intensity.polarity = inference_.polarity;
  }

  ImageFigures measure(const ImageSource& image) const;
  std::vector<ImagePart> parts_of(const ImageInfo& image, const ImageFigures& figures, int64_t band_pixels,
                                  int64_t bands) const;
  void find_in_part(const ImageSource& image, const ImageFigures& figures, const ImagePart& part,
                    const std::function<void(const FoundRows&)>& give) const;
  void run(const ImageSource& image, int64_t band_pixels,
           const std::function<void(const FoundRows&)>& give) const;
  OutlineDraft draft_of_whole(const ImageSource& image) const;

 private:
  struct Candidates {
    torch::Tensor boxes, scores;
  };
  /// One of the scales of an image that goes in tiles.
  struct Level {
    NetworkScale scale;
    TiledNetworkImage network;
    RowRange core{0, 0};  // grid rows of the band
  };
  OutlineDraft draft_as_asked(const ImageSource& image, bool is_inverted) const;
  void find_in_bands(const ImageSource& image, int64_t band_pixels,
                     const std::function<void(const FoundRows&)>& give) const;
  std::vector<Level> measured_levels(const ImageSource& image, const ImageSource& clean) const;
  std::vector<Level> known_levels(const ImageInfo& image, const ImageFigures& figures) const;
  std::vector<RowRange> bands_of(const TiledNetworkImage& network, const ImageInfo& image,
                                 int64_t band_pixels) const;
  ImagePart whole_image(const std::vector<Level>& levels, const ImageInfo& image, int64_t band_pixels) const;
  std::vector<RowRange> bands_of_part(const std::vector<Level>& levels, const std::vector<RowRange>& all,
                                      size_t first, size_t last) const;
  RowRange rows_of_part(std::vector<Level>& levels, const std::vector<RowRange>& bands) const;
  void go_to(std::vector<Level>& levels, RowRange band) const;
  void look_through(const ImageSource& clean, std::vector<Level>& levels, const ImagePart& part,
                    const std::function<void(const FoundRows&)>& give) const;
  RowRange rows_to_show(const std::vector<Level>& levels) const;
  int64_t complete_rows(const std::vector<Level>& levels) const;
  int64_t next_row_to_show(const std::vector<Level>& levels) const;
  Instances candidates_in_band(const std::vector<Level>& levels, const RollingRows& clean) const;
  bool may_invert() const;
  double asked_border_level() const;
  double threshold_surplus() const;
  OpenOutlines open_outlines(const std::vector<NetworkScale>& levels, const ImageInfo& image) const;
  LeastChance least_chance() const;
  OpenCandidates open_candidates(const std::vector<NetworkScale>& levels) const;
  Candidates locate(const NetworkImage& image, const ImageWindow& cells) const;
  Instances read_shapes(const NetworkImage& image, const Candidates& candidates) const;
  Instances refined(Instances found, const NetworkImage& image) const;
  Instances find_candidates(const NetworkImage& image, const ImageWindow& cells) const;
  int64_t box_reach_cells() const;
  int64_t tile_cells() const;
  ImageWindow cells_to_show(const TiledNetworkImage& network, const ImageWindow& core) const;
  RowRange rows_to_show(const TiledNetworkImage& network, RowRange core) const;

  const Detector& detector_;
  DetectorOptions options_;  // of this call, but for their inference
  const NetworkScale& scale_;
  const InferenceOptions inference_;
  Observer& observer_;
};

}  // namespace priorseg
