#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "priorseg/core/tensor.h"

namespace priorseg {

/// A label map that a person corrects, one action after the other, each of which can be taken back.
///
/// An action is a JSON object, as the page sends it and the journal keeps it; x and y are in px of the image
/// (ImageInfo's convention):
///
///   {"do": "delete", "labels": [3, 8]}
///   {"do": "merge", "labels": [3, 8]}                  they become the one with the smallest number
///   {"do": "split", "label": 3, "line": [x, y, ...]}   along a line that crosses the object
///   {"do": "draw", "polygon": [x, y, ...]}             a new object; those that are there keep their pixels
///   {"do": "add", "label": 3, "polygon": [x, y, ...]}  what is free in the polygon becomes part of the
///   object
///   {"do": "cut", "label": 3, "polygon": [x, y, ...]}  what lies in the polygon is taken off the object
///   {"do": "fill", "label": 3}                         its holes become part of it
///   {"do": "undo"}, {"do": "redo"}
///
/// The same actions on the same label map give the same pixels and numbers. New objects get numbers that were
/// never used.
class LabelEditor {
 public:
  /// @param labels        [H,W] int32, >= 0; copied.
  /// @param highest_used  label that is in use elsewhere: new ones are above.
  explicit LabelEditor(const torch::Tensor& labels, int32_t highest_used = 0);

  /// @throws Error where the action is none of those above, names what is not there, or changes nothing; the
  /// label map is as it was then.
  void apply(const nlohmann::json& action);

  const torch::Tensor& labels() const { return labels_; }
  int32_t highest_label() const { return highest_; }
  bool can_undo() const { return !done_.empty(); }
  bool can_redo() const { return !undone_.empty(); }
  /// Whether the pixels of an object are not those of the label map that it began with.
  bool is_changed(int32_t label) const { return num_changed_.contains(label); }
  bool is_any_changed() const { return !num_changed_.empty(); }

 private:
  struct Pixel {
    int64_t index;
    int32_t before, after;
  };
  struct Step {
    std::vector<Pixel> pixels;
    int32_t highest_before, highest_after;
  };

  int32_t label_of(const nlohmann::json& action) const;
  std::vector<int32_t> labels_of(const nlohmann::json& action, size_t least) const;
  /// Pixels in a polygon, in growing order.
  std::vector<int64_t> pixels_in(const nlohmann::json& action) const;
  Step remove(const nlohmann::json& action) const;
  Step merge(const nlohmann::json& action) const;
  Step split(const nlohmann::json& action) const;
  Step draw(const nlohmann::json& action) const;
  Step add_or_cut(const nlohmann::json& action, bool adds) const;
  Step fill(const nlohmann::json& action) const;
  Step empty_step() const { return {{}, highest_, highest_}; }
  void set(Step& step, int64_t index, int32_t label) const;
  void take(const Step& step, bool forward);

  int64_t height_, width_;
  torch::Tensor first_, labels_;
  int32_t highest_;
  std::vector<Step> done_, undone_;
  std::map<int32_t, int64_t> num_changed_;  // pixels by label, of those that have any
};

}  // namespace priorseg
