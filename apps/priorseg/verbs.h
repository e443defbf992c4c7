#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "priorseg/pipeline/segmentation.h"
#include "terminal.h"

// One file a verb: add_<verb> declares the verb's options and, as its callback, the call of the library that
// does the work. A verb throws priorseg::Error for what the user can mend; main prints it as one line and
// returns 1.
namespace priorseg::program {

/// Options that every verb shares, filled in before a verb's callback runs.
struct Shared {
  int threads = 0;             ///< 0 = all cores this process may use
  bool quiet = false;          ///< no progress
  std::string device = "cpu";  ///< that the networks run on
  std::string command_line;    ///< as the user gave it
  int exit_code = 0;  ///< a verb sets 1 where a part of a batch failed, kNotToBeTrusted where all went wrong
  Terminal terminal;  ///< that the work is watched by
};

/// Exit code of a verb that segmented a batch.
int exit_code_of(const BatchResult& batch);
/// Nothing failed, but nothing of what was found (or would be) can be trusted.
constexpr int kNotToBeTrusted = 3;

void add_look(CLI::App& program, Shared& shared);
void add_run(CLI::App& program, Shared& shared);
void add_prior(CLI::App& program, Shared& shared);
void add_train(CLI::App& program, Shared& shared);
void add_segment(CLI::App& program, Shared& shared);
void add_merge(CLI::App& program, Shared& shared);
void add_cellpose(CLI::App& program, Shared& shared);
void add_calibrate(CLI::App& program, Shared& shared);
void add_baseline(CLI::App& program, Shared& shared);
void add_experiment(CLI::App& program, Shared& shared);
void add_evaluate(CLI::App& program, Shared& shared);
void add_simulate(CLI::App& program, Shared& shared);
void add_studio(CLI::App& program, Shared& shared);
void add_info(CLI::App& program, Shared& shared);

}  // namespace priorseg::program
