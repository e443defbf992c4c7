#include "priorseg/experiment/experiment.h"

#include "priorseg/core/error.h"
#include "priorseg/pipeline/folder_lock.h"

namespace priorseg {

void run_experiment(const ExperimentOptions& options, Observer& observer) {
  if (options.split.test_images.empty() != options.split.test_labels.empty())
    throw Error("--test-images-folder and --test-labels-folder belong together, expected both or none");
  // Systems lock their folders while they work; the tables of all of them are written here.
  const FolderLock lock(options.output, options.output / ".priorseg");
  const auto data = prepare_experiment(options, observer);
  const auto num_full = std::ssize(data.full);
  const auto budget =
      plan_budget(options.budget, options.budget_start == "finetune", num_full, options.budgets);
  const auto plan = joined_plan(plan_systems(options.systems, num_full, options.budgets), budget);
  observer.info(data.benchmark.split);
  const Experiment experiment{options, data, observer};
  for (const auto& system : plan) {
    run_system(experiment, system);
    write_results(experiment, budget);
  }
  observer.info(std::to_string(plan.size()) +
                " systems compared; report: " + (options.output / "report.html").string());
}

}  // namespace priorseg
