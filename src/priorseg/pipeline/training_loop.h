#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "priorseg/core/observer.h"
#include "priorseg/output/loss_log.h"

namespace priorseg {

/// Named figures of a training step, the loss first.
using StepFigures = std::vector<std::pair<std::string, double>>;

/// Means over the steps since the last row of a table of losses.
class FigureMeans {
 public:
  void add(const StepFigures& figures);
  /// The means; the next ones begin.
  StepFigures take();

  /// What was added since take(), as JSON: a training that goes on from a checkpoint writes the same rows.
  std::string to_text() const;
  /// @throws Error where the text is something else. An empty text is no step.
  static FigureMeans from_text(const std::string& text);

 private:
  StepFigures sums_;
  int64_t count_ = 0;
};

/// What a training writes while it goes on.
struct TrainingPlan {
  std::string task;  ///< its name in the progress
  std::filesystem::path checkpoint, losses;
  int64_t checkpoint_every = 200;  ///< steps
  bool checkpoint_at_end = false;  ///< for a stage that another one follows
  /// Figures that are measured with each checkpoint and after the last step, for the table of losses.
  std::function<StepFigures()> measure = [] { return StepFigures(); };
  /// Called after each checkpoint.
  std::function<void()> after_checkpoint = [] {};
};

constexpr int64_t kLogEvery = 10;  ///< steps averaged in one row of a table of losses

/// Takes the steps that are left, with rows in the table of losses and checkpoints. All trainings run through
/// here.
///
/// @tparam AnyTrainer  step(), steps_done(), steps_total(), save_checkpoint(path, text) as of Trainer.
/// @param resumed      what load_checkpoint() returned; empty for a training that begins.
/// @throws Stopped between two steps, after a checkpoint was written.
template <class AnyTrainer>
void take_steps(AnyTrainer& trainer, const TrainingPlan& plan, const std::string& resumed,
                Observer& observer) {
  LossLog log(plan.losses, trainer.steps_done());
  FigureMeans means = FigureMeans::from_text(resumed);
  const auto save = [&] { trainer.save_checkpoint(plan.checkpoint, means.to_text()); };
  while (trainer.steps_done() < trainer.steps_total()) {
    if (observer.stop_requested()) {
      save();
      throw Stopped();
    }
    means.add(trainer.step());
    const int64_t step = trainer.steps_done();
    const bool last = step == trainer.steps_total(), saves = step % plan.checkpoint_every == 0;
    const auto measured = last || saves ? plan.measure() : StepFigures();
    if (step % kLogEvery == 0 || last || !measured.empty()) {
      auto figures = means.take();
      figures.insert(figures.end(), measured.begin(), measured.end());
      log.append(step - 1, figures);
      observer.progress({plan.task, step, trainer.steps_total(), {figures.front()}});
    }
    if (last ? plan.checkpoint_at_end : saves) save();
    if (saves && !last) plan.after_checkpoint();
  }
}

}  // namespace priorseg
