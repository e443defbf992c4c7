// libFuzzer's program: fuzz_inputs TARGET [options and folders of libFuzzer]; fuzz_inputs TARGET --seeds
// FOLDER writes the target's seeds; fuzz_inputs --list names the targets.
#include <ATen/Parallel.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>

#include "fuzz_target.h"

namespace {

using priorseg::fuzz::FuzzTarget;

FuzzTarget chosen;

void list_targets() {
  for (const auto& target : priorseg::fuzz::all_targets()) std::puts(target.name);
  std::exit(0);
}

FuzzTarget target_of(const char* name) {
  for (const auto& target : priorseg::fuzz::all_targets())
    if (std::strcmp(target.name, name) == 0) return target;
  std::fprintf(stderr, "fuzz_inputs: unknown target '%s', expected one of fuzz_inputs --list\n", name);
  std::exit(2);
}

void write_seeds(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const auto& seed : chosen.seeds())
    std::ofstream(folder / ("seed-" + std::to_string(number++)), std::ios::binary) << seed;
  std::exit(0);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  at::set_num_threads(1);
  if (*argc > 1 && std::strcmp((*argv)[1], "--list") == 0) list_targets();
  if (*argc < 2) {
    std::fprintf(stderr, "usage: fuzz_inputs TARGET ..., targets: fuzz_inputs --list\n");
    std::exit(2);
  }
  chosen = target_of((*argv)[1]);
  if (*argc == 4 && std::strcmp((*argv)[2], "--seeds") == 0) write_seeds((*argv)[3]);
  // libFuzzer starts this program again for some of its work, with the words that it knows.
  for (int i = 1; i + 1 < *argc; ++i) (*argv)[i] = (*argv)[i + 1];
  --*argc;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    priorseg::fuzz::read_or_refuse(chosen, {reinterpret_cast<const char*>(data), size});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "finding: %s\n", error.what());
    std::abort();
  }
  return 0;
}
