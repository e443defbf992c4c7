#include <filesystem>
#include <memory>

#include "priorseg/core/error.h"
#include "settings_options.h"
#include "verbs.h"

#ifdef PRIORSEG_HAS_STUDIO
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>

#include "priorseg/core/parallel.h"
#include "priorseg/studio/server.h"
#endif

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

struct StudioVerbOptions {
  fs::path folder, output;
  std::vector<fs::path> roots;
  std::string listen = "127.0.0.1";
  int port = 0;
  fs::path password_file;
  bool no_browser = false;
};

#ifdef PRIORSEG_HAS_STUDIO

/// The first line of a file.
std::string read_password(const fs::path& path) {
  if (path.empty()) return {};
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw Error("cannot read a password from " + path.string());
  return line;
}

/// Shows the page in the user's browser, where there is a desktop.
void open_browser(const std::string& url) {
  std::string command = "xdg-open", address = url;
  char* argv[] = {command.data(), address.data(), nullptr};
  pid_t child = 0;
  if (posix_spawnp(&child, argv[0], nullptr, nullptr, argv, environ) != 0) return;
  std::thread([child] { waitpid(child, nullptr, 0); }).detach();
}

std::vector<fs::path> roots_of(const StudioVerbOptions& options) {
  auto named = options.roots;
  if (!options.folder.empty()) named.push_back(options.folder);
  const char* home = std::getenv("HOME");
  if (options.roots.empty() && home != nullptr && fs::is_directory(home)) named.emplace_back(home);
  std::vector<fs::path> roots;
  for (const auto& path : named) {
    std::error_code failed;
    const auto root = fs::canonical(path, failed);
    if (failed || !fs::is_directory(root))
      throw Error(path.string() + " is no folder, expected one with images");
    if (std::find(roots.begin(), roots.end(), root) == roots.end()) roots.push_back(root);
  }
  return roots;
}

void serve_studio(const StudioVerbOptions& options, const SettingsOptions& settings_options, Shared& shared) {
  StudioOptions studio;
  studio.settings = resolve_settings(settings_options);
  if (settings_options.preset != "default") studio.setting_arguments = {"--preset", settings_options.preset};
  for (const auto& change : settings_options.overrides)
    studio.setting_arguments.insert(studio.setting_arguments.end(), {"--set", change});
  if (!settings_options.config.empty())
    studio.setting_arguments.insert(studio.setting_arguments.end(), {"--config", settings_options.config});
  if (settings_options.seed_option->count() > 0)
    studio.setting_arguments.insert(studio.setting_arguments.end(),
                                    {"--seed", std::to_string(settings_options.seed)});
  studio.output = options.output;
  studio.roots = roots_of(options);
  studio.device = shared.device;
  studio.threads = num_threads();
  const auto first_folder = options.folder.empty() ? fs::path() : fs::canonical(options.folder);
  Session session(std::move(studio));
  StudioServer server(session, {options.listen, options.port, read_password(options.password_file)});
  if (!first_folder.empty()) session.open(first_folder.string());
  std::printf("%s\n", server.url().c_str());
  std::fflush(stdout);
  if (!is_loopback(options.listen)) {
    shared.terminal.warn(
        "listening on " + options.listen +
        ": other computers can reach the studio with its address and password; images, results "
        "and the password go over the network unencrypted");
  }
  shared.terminal.info("the studio is open at the address above; Ctrl-C ends it, what is done is kept");
  if (!options.no_browser) open_browser(server.url());
  server.serve([&] { return shared.terminal.stop_requested(); });
}

#else

void serve_studio(const StudioVerbOptions&, const SettingsOptions&, Shared&) {
  throw Error(
      "this priorseg was built without the studio, which needs npm and cpp-httplib when priorseg is built; "
      "use 'priorseg run' instead, or build it with them (Debian: npm, libcpp-httplib-dev)");
}

#endif

}  // namespace

void add_studio(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand("studio", "The same in a browser: look, learn, correct and export");
  const auto options = std::make_shared<StudioVerbOptions>();
  verb->add_option("FOLDER", options->folder, "folder of images that is opened first")->type_name("");
  verb->add_option("-o,--output", options->output,
                   "folder for all results (default: priorseg-output in the folder of images)")
      ->type_name("DIR");
  verb->add_option("--root", options->roots,
                   "only folders in these can be opened in the page (default: your home folder, and FOLDER)")
      ->type_name("DIR");
  verb->add_option("--port", options->port, "port that it listens on, 0 = any that is free")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  verb->add_option("--listen", options->listen,
                   "address that it listens on; any but this computer's own lets other computers in, needs "
                   "--password-file, and sends images and password unencrypted")
      ->type_name("ADDRESS")
      ->capture_default_str();
  verb->add_option("--password-file", options->password_file,
                   "file whose first line is the password, of 8 characters or more; the user is 'priorseg'")
      ->type_name("FILE");
  verb->add_flag("--no-browser", options->no_browser, "only print the address");
  const auto settings = add_settings_options(*verb);
  verb->footer(
      "The page is served by this program to this computer alone.\n\nExample:\n  priorseg studio images/");
  verb->callback([=, &shared] { serve_studio(*options, *settings, shared); });
}

}  // namespace priorseg::program
