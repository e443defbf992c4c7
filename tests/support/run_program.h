#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg::test {

/// How the program ended and what it wrote.
struct ProgramResult {
  int exit_code = -1;  ///< 128 + signal where a signal ended it, as in a shell
  std::string out;     ///< stdout
  std::string err;     ///< stderr
};

/// Runs a program as a user does, without a terminal, and waits for its end.
///
/// @param program    its path.
/// @param arguments  without the program's name; no shell reads them.
/// @param folder     where it starts; empty for the folder of the test.
/// @param kill_when  if given, the program gets `signal` as soon as this is true.
inline ProgramResult run_program_at(const std::filesystem::path& program,
                                    const std::vector<std::string>& arguments,
                                    const std::filesystem::path& folder = {},
                                    const std::function<bool()>& kill_when = {}, int signal = SIGKILL) {
  const TemporaryFolder output;
  const std::string out = (output / "out").string();
  const std::string err = (output / "err").string();
  std::vector<std::string> words = {program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT, 0600);
  if (!folder.empty()) posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = 0;
  const int failed = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + program.string());

  int status = 0;
  pid_t ended = 0;
  while (kill_when && (ended = waitpid(child, &status, WNOHANG)) == 0) {
    if (kill_when()) {
      kill(child, signal);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (ended == 0 && waitpid(child, &status, 0) != child) throw std::runtime_error("lost the child process");
  const int exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {exit_code, read_text(out), read_text(err)};
}

/// The same with priorseg: PRIORSEG_PROGRAM is its path.
inline ProgramResult run_program(const std::vector<std::string>& arguments,
                                 const std::filesystem::path& folder = {},
                                 const std::function<bool()>& kill_when = {}, int signal = SIGKILL) {
  return run_program_at(PRIORSEG_PROGRAM, arguments, folder, kill_when, signal);
}

}  // namespace priorseg::test
