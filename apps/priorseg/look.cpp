#include <filesystem>
#include <memory>

#include "priorseg/data/image_list.h"
#include "priorseg/pipeline/foreword.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/result_files.h"
#include "settings_options.h"
#include "verbs.h"

namespace priorseg::program {
namespace {

namespace fs = std::filesystem;

struct LookOptions {
  ImagesOption images;
  fs::path page;
};

/// What is only told on stderr elsewhere is the result here: it goes to stdout.
void print_foreword(const Foreword& foreword) {
  for (const auto& line : foreword.lines) std::printf("%s\n", line.c_str());
  for (const auto& doubt : foreword.doubts) std::printf("doubt: %s\n", doubt.c_str());
}

/// Progress and stop of another observer, without its messages.
class Silenced : public Observer {
 public:
  explicit Silenced(Observer& observer) : observer_(observer) {}
  void progress(const Progress& state) override { observer_.progress(state); }
  bool stop_requested() override { return observer_.stop_requested(); }

 private:
  Observer& observer_;
};

void look(const LookOptions& options, const SettingsOptions& settings_options, Shared& shared) {
  const auto files = list_images(options.images.names, shared.terminal, options.images.folders());
  Settings settings = resolve_settings(with_size_in_px(settings_options, files, shared.terminal));
  if (!options.page.empty()) check_result_files({options.page}, files);
  Silenced silenced(shared.terminal);
  const std::vector<ImageInput> inputs(files.begin(), files.end());
  const auto planes =
      choose_planes_of_files(inputs, settings_options.appearance.planes, settings.detector, shared.terminal);
  const auto foreword =
      look_ahead(with_planes(inputs, planes), wants_estimated_sizes(settings_options), settings, silenced);
  print_foreword(foreword);
  if (!options.page.empty()) write_foreword(options.page, foreword, {"priorseg look", shared.command_line});
  if (foreword.is_hopeless) shared.exit_code = kNotToBeTrusted;
}

}  // namespace

void add_look(CLI::App& program, Shared& shared) {
  CLI::App* verb = program.add_subcommand(
      "look", "Tells what the images are and what a training would do with them, in seconds");
  const auto options = std::make_shared<LookOptions>();
  add_images_option(*verb, options->images);
  verb->add_option("-o,--output", options->page, "page with the same and a picture, e.g. look.html")
      ->type_name("FILE");
  const auto settings = add_settings_options(*verb);
  add_size_option(*verb, *settings, SizeForm::kRangeOrAuto);
  add_appearance_options(*verb, settings->appearance, "what the images ask for");
  verb->footer(
      "Exit code 3 where nothing could be learned from such images.\n\n"
      "Example:\n  priorseg look images/ -o look.html");
  verb->callback([=, &shared] { look(*options, *settings, shared); });
}

}  // namespace priorseg::program
