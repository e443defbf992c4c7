#include "priorseg/experiment/plan.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

std::vector<std::string> entries_of(const std::string& list) {
  std::vector<std::string> entries;
  std::istringstream stream(list);
  for (std::string entry; std::getline(stream, entry, ',');) {
    const size_t first = entry.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    entries.push_back(entry.substr(first, entry.find_last_not_of(' ') - first + 1));
  }
  return entries;
}

PlannedSystem baseline_on(int64_t annotated, bool is_finetuned, int64_t num_full,
                          const TrainingBudgets& budgets) {
  PlannedSystem system;
  system.is_baseline = true;
  system.is_finetuned = is_finetuned;
  system.annotated = annotated;
  system.steps = annotated == 1 ? budgets.one : budgets.full;
  const std::string amount = annotated == 1          ? "one"
                             : annotated == num_full ? "full"
                                                     : std::to_string(annotated);
  system.name = std::string("mrcnn-") + (is_finetuned ? "finetune-" : "scratch-") + amount;
  return system;
}

PlannedSystem planned(const std::string& name, int64_t num_full, const TrainingBudgets& budgets) {
  if (name.starts_with("mrcnn-")) {
    auto system = baseline_on(name.ends_with("-one") ? 1 : num_full,
                              name.find("finetune") != std::string::npos, num_full, budgets);
    system.name = name;  // also where "full" is a single image
    return system;
  }
  PlannedSystem system;
  system.name = name;
  system.preset = name.starts_with("ours-") ? "paper" : "default";
  system.learns_shapes = name.ends_with("-annotation");
  system.annotated = system.learns_shapes ? 1 : 0;
  system.steps = budgets.ours;
  return system;
}

}  // namespace

const std::vector<std::string>& experiment_systems() {
  static const std::vector<std::string> names = {
      "ours-annotation",    "ours-synthetic",      "mrcnn-scratch-one",  "mrcnn-scratch-full",
      "mrcnn-finetune-one", "mrcnn-finetune-full", "default-annotation", "default-synthetic"};
  return names;
}

std::vector<PlannedSystem> plan_systems(const std::string& list, int64_t num_full,
                                        const TrainingBudgets& budgets) {
  const auto& known = experiment_systems();
  const auto entries = entries_of(list);
  const std::set<std::string> wanted(entries.begin(), entries.end());
  for (const auto& name : wanted) {
    if (name == "all" || std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string names;
    for (const auto& entry : known) names += ", " + entry;
    throw Error("system '" + name + "' is not known, expected all" + names);
  }
  if (wanted.empty())
    throw Error("the list of systems is empty, expected 'all' or names with commas between");
  std::vector<PlannedSystem> systems;
  for (const auto& name : known)
    if (wanted.contains("all") || wanted.contains(name)) systems.push_back(planned(name, num_full, budgets));
  return systems;
}

std::vector<PlannedSystem> plan_budget(const std::string& list, bool is_finetuned, int64_t num_full,
                                       const TrainingBudgets& budgets) {
  std::set<int64_t> numbers;
  for (const auto& entry : entries_of(list)) {
    const bool is_number = entry.find_first_not_of("0123456789") == std::string::npos && entry.size() < 10;
    const int64_t number = is_number ? std::stoll(entry) : 0;
    if (number < 1) {
      throw Error("the budget '" + list + "' holds '" + entry +
                  "', expected numbers of annotated images from 1 on with commas between, e.g. 1,2,5,10");
    }
    numbers.insert(std::min(number, num_full));
  }
  std::vector<PlannedSystem> systems;
  for (const int64_t number : numbers)
    systems.push_back(baseline_on(number, is_finetuned, num_full, budgets));
  return systems;
}

std::vector<PlannedSystem> joined_plan(std::vector<PlannedSystem> systems,
                                       const std::vector<PlannedSystem>& budget) {
  for (const auto& system : budget) {
    const bool is_there = std::any_of(systems.begin(), systems.end(),
                                      [&](const auto& other) { return other.name == system.name; });
    if (!is_there) systems.push_back(system);
  }
  return systems;
}

}  // namespace priorseg
