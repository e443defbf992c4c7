#include "priorseg/pipeline/training_loop.h"

#include <nlohmann/json.hpp>

#include "priorseg/core/error.h"

namespace priorseg {

void FigureMeans::add(const StepFigures& figures) {
  if (sums_.empty()) sums_ = StepFigures(figures.size());
  for (size_t i = 0; i < figures.size(); ++i) {
    sums_[i].first = figures[i].first;
    sums_[i].second += figures[i].second;
  }
  ++count_;
}

StepFigures FigureMeans::take() {
  for (auto& [name, value] : sums_) value /= static_cast<double>(count_);
  count_ = 0;
  return std::exchange(sums_, {});
}

std::string FigureMeans::to_text() const {
  return nlohmann::json({{"steps", count_}, {"sums", sums_}}).dump();
}

FigureMeans FigureMeans::from_text(const std::string& text) {
  FigureMeans means;
  if (text.empty()) return means;
  try {
    const auto json = nlohmann::json::parse(text);
    json.at("steps").get_to(means.count_);
    json.at("sums").get_to(means.sums_);
  } catch (const nlohmann::json::exception&) {
    throw Error("the checkpoint has damaged sums of its losses; delete it and train again");
  }
  return means;
}

}  // namespace priorseg
