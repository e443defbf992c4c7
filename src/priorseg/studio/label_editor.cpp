#include "priorseg/studio/label_editor.h"

#include <torch/types.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/studio/label_regions.h"

namespace priorseg {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error("cannot correct: " + why); }

}  // namespace

LabelEditor::LabelEditor(const torch::Tensor& labels, int32_t highest_used)
    : height_(labels.size(0)), width_(labels.size(1)), first_(labels.contiguous()), labels_(first_.clone()) {
  highest_ = std::max(highest_used, labels_.numel() > 0 ? labels_.max().item<int32_t>() : 0);
}

void LabelEditor::apply(const nlohmann::json& action) {
  const auto kind = action.is_object() ? action.value("do", std::string()) : std::string();
  if (kind == "undo" || kind == "redo") {
    auto& from = kind == "undo" ? done_ : undone_;
    if (from.empty()) refuse("there is nothing to " + kind);
    take(from.back(), kind == "redo");
    (kind == "undo" ? undone_ : done_).push_back(std::move(from.back()));
    from.pop_back();
    return;
  }
  const auto step = kind == "delete"  ? remove(action)
                    : kind == "merge" ? merge(action)
                    : kind == "split" ? split(action)
                    : kind == "draw"  ? draw(action)
                    : kind == "add"   ? add_or_cut(action, true)
                    : kind == "cut"   ? add_or_cut(action, false)
                    : kind == "fill"  ? fill(action)
                                      : (refuse("there is no action '" + kind + "'"), empty_step());
  if (step.pixels.empty()) refuse("'" + kind + "' changes nothing there");
  take(step, true);
  done_.push_back(step);
  undone_.clear();
}

void LabelEditor::set(Step& step, int64_t index, int32_t label) const {
  const int32_t before = labels_.data_ptr<int32_t>()[index];
  if (before != label) step.pixels.push_back({index, before, label});
}

void LabelEditor::take(const Step& step, bool forward) {
  int32_t* labels = labels_.data_ptr<int32_t>();
  const int32_t* first = first_.data_ptr<int32_t>();
  const auto count_change = [&](int64_t index, int64_t by) {
    if (labels[index] == first[index]) return;
    for (const int32_t label : {labels[index], first[index]})
      if (label != 0 && (num_changed_[label] += by) == 0) num_changed_.erase(label);
  };
  for (const auto& pixel : step.pixels) {
    count_change(pixel.index, -1);
    labels[pixel.index] = forward ? pixel.after : pixel.before;
    count_change(pixel.index, 1);
  }
  highest_ = forward ? step.highest_after : step.highest_before;
}

int32_t LabelEditor::label_of(const nlohmann::json& action) const {
  if (!action.contains("label") || !action["label"].is_number_integer()) refuse("no object is named");
  const auto label = action["label"].get<int64_t>();
  if (label < 1 || label > highest_) refuse("there is no object " + std::to_string(label));
  return static_cast<int32_t>(label);
}

std::vector<int32_t> LabelEditor::labels_of(const nlohmann::json& action, size_t least) const {
  std::set<int32_t> labels;
  if (action.contains("labels") && action["labels"].is_array())
    for (const auto& label : action["labels"]) labels.insert(label_of({{"label", label}}));
  if (labels.size() < least) refuse(least == 1 ? "no object is named" : "two objects are needed");
  return {labels.begin(), labels.end()};
}

std::vector<int64_t> LabelEditor::pixels_in(const nlohmann::json& action) const {
  const auto polygon = read_points(action, "polygon");
  if (polygon.size() < 3) refuse("an outline needs three points");
  return pixels_in_polygon(polygon, height_, width_);
}

LabelEditor::Step LabelEditor::remove(const nlohmann::json& action) const {
  const auto labels = labels_of(action, 1);
  Step step = empty_step();
  const int32_t* data = labels_.data_ptr<int32_t>();
  for (int64_t i = 0; i < labels_.numel(); ++i)
    if (data[i] != 0 && std::binary_search(labels.begin(), labels.end(), data[i])) set(step, i, 0);
  return step;
}

LabelEditor::Step LabelEditor::merge(const nlohmann::json& action) const {
  const auto labels = labels_of(action, 2);
  Step step = empty_step();
  const int32_t* data = labels_.data_ptr<int32_t>();
  for (int64_t i = 0; i < labels_.numel(); ++i)
    if (data[i] != 0 && std::binary_search(labels.begin(), labels.end(), data[i]))
      set(step, i, labels.front());
  return step;
}

LabelEditor::Step LabelEditor::split(const nlohmann::json& action) const {
  const int32_t label = label_of(action);
  const auto line = read_points(action, "line");
  if (line.size() < 2) refuse("a line needs two points");
  const auto parts = split_along_line(labels_, label, line);
  if (parts.num_parts < 2) refuse("the line does not cross the object; draw it from one side to the other");
  Step step = empty_step();
  for (const auto& [index, part] : parts.pixels)
    if (part > 0)
      set(step, index, highest_ + static_cast<int32_t>(part));  // the largest part keeps its number
  step.highest_after = highest_ + static_cast<int32_t>(parts.num_parts) - 1;
  return step;
}

LabelEditor::Step LabelEditor::draw(const nlohmann::json& action) const {
  Step step = empty_step();
  const int32_t* data = labels_.data_ptr<int32_t>();
  for (const int64_t index : pixels_in(action))
    if (data[index] == 0) set(step, index, highest_ + 1);
  step.highest_after = highest_ + 1;
  return step;
}

LabelEditor::Step LabelEditor::add_or_cut(const nlohmann::json& action, bool adds) const {
  const int32_t label = label_of(action);
  Step step = empty_step();
  const int32_t* data = labels_.data_ptr<int32_t>();
  for (const int64_t index : pixels_in(action))
    if (data[index] == (adds ? 0 : label)) set(step, index, adds ? label : 0);
  return step;
}

LabelEditor::Step LabelEditor::fill(const nlohmann::json& action) const {
  const int32_t label = label_of(action);
  Step step = empty_step();
  const int32_t* data = labels_.data_ptr<int32_t>();
  for (const int64_t index : holes_of(labels_, label))
    if (data[index] == 0) set(step, index, label);
  return step;
}

}  // namespace priorseg
