// priorseg as the user starts it: answers questions for help at once, and starts the program for everything
// else. Loading LibTorch takes longer than a user wants to wait for a help text. It also says what OpenMP and
// OpenBLAS read when they are loaded: how threads wait, and how many fit into the memory.
#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "priorseg/core/address_space.h"
#include "version_text.h"

namespace {

namespace fs = std::filesystem;

/// What the program prints for a command line that asks for help: {words after "priorseg", text}.
constexpr std::pair<const char*, const char*> kAnswers[] = {
#include "answers.h"
};

constexpr int kFailure = 1;

std::string find_answer(int argc, char** argv) {
  std::string question;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    question += (i > 1 ? " " : "") + (word == "-h" ? std::string("--help") : word);
  }
  if (question == "--version") return priorseg::program::version_text(PRIORSEG_VERSION) + "\n";
  for (const auto& [words, text] : kAnswers)
    if (question == words) return text;
  return "";
}

/// The folder of this file, whatever links led here.
fs::path launcher_folder() {
  std::error_code no_proc;
  const fs::path file = fs::read_symlink("/proc/self/exe", no_proc);
  if (!no_proc) return file.parent_path();
  // The name that the kernel was given: without /proc the next best.
  const auto* name = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  return name ? fs::weakly_canonical(name).parent_path() : fs::path();
}

/// In a build both lie in one folder; PRIORSEG_PROGRAM_FOLDER leads from the installed launcher to the
/// program.
fs::path find_program(const fs::path& folder) {
  const fs::path beside = folder / "priorseg-program";
  return fs::exists(beside) ? beside
                            : (folder / PRIORSEG_PROGRAM_FOLDER / "priorseg-program").lexically_normal();
}

/// Threads that wait for each other look for work so often before they sleep (GCC's OpenMP; its own choice is
/// 300,000). On an idle machine that is as fast; where others compute, threads that spin keep away those that
/// they wait for. What the user says counts.
void choose_how_threads_wait() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", PRIORSEG_SPINS, /*overwrite=*/0);
}

/// OpenBLAS sets memory aside for all threads when it is loaded, and never stops asking for what it does not
/// get.
/// @return false if not even one thread fits into the address space.
bool choose_threads_that_fit() {
  const auto limit = priorseg::address_space_limit();
  if (!limit) return true;
  const int fit = priorseg::threads_that_fit(*limit);
  const char* wanted = std::getenv("OMP_NUM_THREADS");
  const int asked = wanted != nullptr ? std::atoi(wanted) : 0;
  const int threads = asked > 0 ? asked : static_cast<int>(std::thread::hardware_concurrency());
  if (threads > fit) setenv("OMP_NUM_THREADS", std::to_string(fit).c_str(), /*overwrite=*/1);
  return fit > 0;
}

#ifdef PRIORSEG_BUNDLED_LIBRARIES
/// Starts the program with the loader and the libraries that lie in the bundle, and with no others.
void start(const fs::path& folder, const fs::path& program, char** argv) {
  const fs::path libraries = (folder / PRIORSEG_BUNDLED_LIBRARIES).lexically_normal();
  const fs::path loader = libraries / "ld-linux-x86-64.so.2";
  // What the user set for programs of the system would be loaded into this one, with its other C library.
  for (const char* name : {"LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "GCONV_PATH"}) unsetenv(name);
  std::vector<std::string> words = {loader,    "--library-path", libraries, "--inhibit-cache",
                                    "--argv0", argv[0],          program};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  for (char** word = argv + 1; *word != nullptr; ++word) arguments.push_back(*word);
  arguments.push_back(nullptr);
  execv(loader.c_str(), arguments.data());
}
#else
void start(const fs::path&, const fs::path& program, char** argv) { execv(program.c_str(), argv); }
#endif

}  // namespace

int main(int argc, char** argv) {
  if (const std::string answer = find_answer(argc, argv); !answer.empty()) {
    if (std::fputs(answer.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return 0;
    std::fprintf(stderr, "priorseg: error: cannot write the help to standard output: %s\n",
                 std::strerror(errno));
    return kFailure;
  }
  const fs::path folder = launcher_folder(), program = find_program(folder);
  choose_how_threads_wait();
  if (!choose_threads_that_fit()) {
    std::fprintf(
        stderr,
        "priorseg: error: the address space is limited to %lld MB (ulimit -v), expected at least %lld MB\n",
        static_cast<long long>(*priorseg::address_space_limit() / 1'000'000),
        static_cast<long long>((priorseg::kLeastAddressSpace + priorseg::kAddressSpaceOfThread) / 1'000'000));
    return kFailure;
  }
  start(folder, program, argv);
  std::fprintf(stderr, "priorseg: cannot start %s (%s); install priorseg again\n", program.c_str(),
               std::strerror(errno));
  return kFailure;
}
