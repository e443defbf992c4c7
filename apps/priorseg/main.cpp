#include <ATen/Parallel.h>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>

#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/core/processor.h"
#include "priorseg/core/version.h"
#include "priorseg/detector/size_estimate.h"
#include "verbs.h"
#include "version_text.h"

namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

/// One line for a wrong command line; CLI11 alone would call an unknown verb a missing one.
std::string usage_message(const CLI::App* program, const CLI::Error& error) {
  const std::vector<std::string> unknown = program->remaining(true);
  std::string what = error.what();
  if (!unknown.empty()) {
    const bool is_option = unknown.front().starts_with('-');
    const bool has_verb = !program->get_subcommands().empty();
    what = is_option ? "unknown option '" : has_verb ? "unexpected argument '" : "unknown verb '";
    what += unknown.front() + "'";
  }
  return what + "; priorseg --help and priorseg VERB --help show what is expected\n";
}

int run(int argc, char** argv, priorseg::program::Shared& shared) {
  using namespace priorseg::program;
  for (int i = 0; i < argc; ++i) shared.command_line += (i ? " " : "") + std::string(argv[i]);
  CLI::App program(
      "Finds and outlines every cell, nucleus or particle in microscopy images, without annotations.",
      "priorseg");
  program.set_version_flag("--version", version_text(priorseg::version()));
  program.require_subcommand(1);
  program.failure_message(usage_message);
  program.add_option("--threads", shared.threads, "processor threads, 0 = all cores at hand")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  program.add_option("--device", shared.device, "where networks compute: cpu, cuda or cuda:NUMBER")
      ->capture_default_str();
  program.add_flag("-q,--quiet", shared.quiet, "no progress on stderr");
  program.fallthrough();
  program.parse_complete_callback([&] {
    priorseg::check_processor_is_described();
    priorseg::check_threads_fit(shared.threads);
    at::set_num_threads(shared.threads > 0 ? shared.threads : priorseg::available_cores());
    if (shared.quiet) shared.terminal.set_quiet();
    priorseg::find_device(shared.device);  // told now, not after the prior was trained
  });
  add_run(program, shared);
  add_studio(program, shared);
  add_look(program, shared);
  add_prior(program, shared);
  add_train(program, shared);
  add_segment(program, shared);
  add_merge(program, shared);
  add_cellpose(program, shared);
  add_calibrate(program, shared);
  add_baseline(program, shared);
  add_experiment(program, shared);
  add_evaluate(program, shared);
  add_simulate(program, shared);
  add_info(program, shared);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : kUsage;
  }
  return shared.exit_code;
}

/// Keeps memory that was freed for the next tensor, of whatever thread: by default glibc hands large blocks
/// back to the system at once, and new pages for each tensor cost about a tenth of the time of segmenting an
/// image.
void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_ARENA_MAX, 1);
#endif
}

/// A stream that the caller closed must not be taken for the next file that is opened.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) != -1) continue;
    // Opened for reading: what is written there fails, and is told.
    if (open("/dev/null", O_RDONLY) != stream) _exit(kFailure);
  }
}

/// A result that did not reach its reader is none.
int with_written_output(int exit_code, priorseg::program::Terminal& terminal) {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return exit_code;
  terminal.error(std::string("cannot write the result to standard output") +
                 (errno != 0 ? std::string(": ") + std::strerror(errno) : ""));
  return kFailure;
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  keep_freed_memory();
  priorseg::program::Shared shared;
  try {
    return with_written_output(run(argc, argv, shared), shared.terminal);
  } catch (const priorseg::Stopped&) {
    shared.terminal.warn("stopped; what is finished is kept, and the same command goes on from there");
    return priorseg::program::Terminal::exit_code_when_stopped();
  } catch (const priorseg::NothingStandsOut& error) {
    shared.terminal.error(error.what());
    return priorseg::program::kNotToBeTrusted;
  } catch (const c10::Error& error) {
    shared.terminal.error(error.what_without_backtrace());
  } catch (const std::exception& error) {
    shared.terminal.error(error.what());
  }
  return kFailure;
}
