// priorseg as the user starts it: answers questions for help at once, and starts the program for everything
// else. Loading LibTorch takes longer than a user wants to wait for a help text.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace {

namespace fs = std::filesystem;

/// What the program prints for a command line that asks for help or the version: {words after "priorseg",
/// text}.
constexpr std::pair<const char*, const char*> kAnswers[] = {
#include "answers.h"
};

constexpr int kFailure = 1;

const char* find_answer(int argc, char** argv) {
  std::string question;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    question += (i > 1 ? " " : "") + (word == "-h" ? std::string("--help") : word);
  }
  for (const auto& [words, text] : kAnswers)
    if (question == words) return text;
  return nullptr;
}

/// In a build both lie in one folder; PRIORSEG_PROGRAM_FOLDER leads from the installed launcher to the
/// program.
fs::path find_program() {
  std::error_code no_proc;
  const fs::path folder = fs::read_symlink("/proc/self/exe", no_proc).parent_path();
  const fs::path beside = folder / "priorseg-program";
  return fs::exists(beside) ? beside
                            : (folder / PRIORSEG_PROGRAM_FOLDER / "priorseg-program").lexically_normal();
}

}  // namespace

int main(int argc, char** argv) {
  if (const char* answer = find_answer(argc, argv)) {
    if (std::fputs(answer, stdout) >= 0 && std::fflush(stdout) == 0) return 0;
    std::fprintf(stderr, "priorseg: error: cannot write the help to standard output: %s\n",
                 std::strerror(errno));
    return kFailure;
  }
  const fs::path program = find_program();
  execv(program.c_str(), argv);
  std::fprintf(stderr, "priorseg: cannot start %s (%s); install priorseg again\n", program.c_str(),
               std::strerror(errno));
  return kFailure;
}
