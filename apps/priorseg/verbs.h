#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "priorseg/core/progress.h"

// One file a verb: add_<verb> declares the verb's options and, as its callback, what the verb does. A verb
// throws priorseg::Error for what the user can mend; main prints it as one line and returns 1.
namespace priorseg::program {

/// Options that every verb shares, filled in before a verb's callback runs.
struct Shared {
  int threads = 0;             ///< 0 = all cores this process may use
  bool quiet = false;          ///< no progress
  std::string device = "cpu";  ///< that the detector's networks run on
  std::string command_line;    ///< as the user gave it
  int exit_code = 0;           ///< a verb sets 1 where a part of a batch failed
};

void add_run(CLI::App& program, Shared& shared);
void add_prior(CLI::App& program, Shared& shared);
void add_train(CLI::App& program, Shared& shared);
void add_segment(CLI::App& program, Shared& shared);
void add_calibrate(CLI::App& program, Shared& shared);
void add_baseline(CLI::App& program, Shared& shared);
void add_experiment(CLI::App& program, Shared& shared);
void add_evaluate(CLI::App& program, Shared& shared);
void add_simulate(CLI::App& program, Shared& shared);
void add_info(CLI::App& program, Shared& shared);

/// Shows progress on stderr: a bar with the time left on a terminal, elsewhere a plain line with a percentage
/// every few seconds ("train detector 42.0%  loss 0.71"). Silent if shared.quiet.
ProgressCallback progress_display(const Shared& shared);

}  // namespace priorseg::program
