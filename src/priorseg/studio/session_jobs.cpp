#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "priorseg/core/atomic_file.h"
#include "priorseg/core/device.h"
#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"
#include "priorseg/pipeline/foreword.h"
#include "priorseg/pipeline/planes_of_files.h"
#include "priorseg/pipeline/report.h"
#include "priorseg/pipeline/run.h"
#include "priorseg/studio/session.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

/// A training that a page looks at: its previews are told as they come.
class WatchedTraining : public Observer {
 public:
  /// @param began  called once, when the job has its folder.
  WatchedTraining(JobBoard& board, fs::path previews, std::function<void()> began)
      : board_(board), previews_(std::move(previews)), began_(std::move(began)) {
    tell_new(false);
  }

  void progress(const Progress& state) override {
    if (began_) std::exchange(began_, nullptr)();
    board_.progress(state);
    tell_new(true);
  }
  void message(MessageLevel level, const std::string& text) override { board_.message(level, text); }
  bool stop_requested() override { return board_.stop_requested(); }

 private:
  void tell_new(bool tells) {
    std::error_code not_there;
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(previews_, not_there)) {
      const auto name = entry.path().filename().string();
      // Files under way have other names. One that is written again has another time.
      if (!name.starts_with("step_")) continue;
      const auto time = entry.last_write_time(not_there).time_since_epoch().count();
      if (known_[name] != time && tells) names.insert(name);
      known_[name] = time;
    }
    for (const auto& name : names) board_.add_preview(name);
  }

  JobBoard& board_;
  fs::path previews_;
  std::function<void()> began_;
  std::map<std::string, fs::file_time_type::rep> known_;
};

/// To the digits that are shown and named in the command.
double shown_size(double px) { return std::round(px * 10) / 10; }

}  // namespace

void Session::look() {
  gallery();
  board_.start("look", [this] { look_now(); });
}

void Session::look_now() {
  const auto opened = gallery();
  Choices choices;
  {
    const std::lock_guard lock(mutex_);
    choices = choices_;
  }
  opened->scan(board_);
  board_.touch("state");
  auto settings = with_choices(options_.settings, choices);
  const auto& files = opened->files();
  const std::vector<ImageInput> inputs(files.begin(), files.end());
  const auto planes = choose_planes_of_files(inputs, {}, settings.detector, board_);
  nlohmann::json looked;
  const auto describe = [&](const Foreword& foreword) {
    const auto& detector = settings.detector;
    looked = {{"channel", name_of(detector.intensity.channel)},
              {"plane_channel", utf8_or_escaped(detector.planes.channel)},
              {"polarity", name_of(detector.intensity.polarity)},
              {"hopeless", foreword.is_hopeless},
              {"lines", nlohmann::json::array()},
              {"doubts", nlohmann::json::array()}};
    for (const auto& line : foreword.lines) looked["lines"].push_back(utf8_or_escaped(line));
    for (const auto& doubt : foreword.doubts) looked["doubts"].push_back(utf8_or_escaped(doubt));
    if (!foreword.is_hopeless || choices.size) {
      looked["size"] = {{"min", shown_size(detector.size.min)}, {"max", shown_size(detector.size.max)}};
    }
  };
  try {
    describe(look_ahead(with_planes(inputs, planes), !choices.size, settings, board_));
  } catch (const Error& error) {
    Foreword foreword;
    foreword.doubts = {error.what()};
    foreword.is_hopeless = true;
    describe(foreword);
  }
  const std::lock_guard lock(mutex_);
  looked_ = looked;
}

void Session::learn(LearnFrom from, bool restart) {
  const auto opened = gallery();
  {
    const std::lock_guard lock(mutex_);
    uses_unfinished_ = false;
    if (!looked_.is_object() || (!choices_.size && !looked_.contains("size")))
      throw Error("the sizes of the objects are not known; say them first, with the rings");
  }
  if (from == LearnFrom::kCorrections && corrected_images(*opened).empty())
    throw Error("no image is corrected yet; correct one or more, then learn from them");
  board_.start("learn", [this, from, restart] {
    try {
      learn_now(from, restart);
    } catch (const Stopped&) {
      {
        const std::lock_guard lock(mutex_);
        if (!uses_unfinished_) throw;
      }
      board_.go_on();
      use_unfinished();
    }
    forget_results();
  });
}

void Session::learn_now(LearnFrom from, bool restart) {
  const auto opened = gallery();
  const auto folder = output_of(*opened);
  RunInput input;
  Choices choices;
  {
    const std::lock_guard lock(mutex_);
    if (!choices_.size) choices_.take({{"size", looked_["size"]}});
    if (from != LearnFrom::kAsBefore) choices_.learns_from_corrections = from == LearnFrom::kCorrections;
    choices = choices_;
  }
  input.images.assign(opened->files().begin(), opened->files().end());
  input.segmented = opened->files();
  if (choices.learns_from_corrections) {
    input.annotated = from == LearnFrom::kCorrections ? write_annotated(*opened) : annotated_inputs(*opened);
    for (const auto& annotated : input.annotated) input.label_maps.push_back(annotated.labels);
    input.segmented = uncorrected_files(*opened);
  }
  input.restart = restart || from == LearnFrom::kCorrections;
  forget_results();
  input.device = options_.device;
  input.title = "priorseg studio";
  input.command_line = command_for({opened->folder(), folder.root, options_.setting_arguments}, choices);
  // So that a studio that is started again goes on with the same, and names it in the lines that repeat the
  // job.
  WatchedTraining watched(board_, folder.previews(), [this] { keep_choices(); });
  const auto learned = run(input, with_choices(options_.settings, choices), folder.root, watched);
  if (learned.batch) complete_images_table(*learned.batch, input.segmented);
  note_new_model(false);
}

/// The results are those of a training now, as it drew them.
void Session::note_new_model(bool is_unfinished) {
  {
    const std::lock_guard lock(mutex_);
    choices_.border_level.reset();
    choices_.from_unfinished = is_unfinished;
  }
  fs::remove(output().calibrated_model());
  keep_choices();
}

void Session::keep_choices() {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    text = choices_.to_json().dump();
  }
  write_text_atomically(choices_file(output()), text + "\n");
}

bool Session::learns_from_corrections() const {
  const std::lock_guard lock(mutex_);
  return choices_.learns_from_corrections;
}

void Session::use_unfinished() {
  const auto opened = gallery();
  const auto folder_names = output();
  const auto model = fs::exists(folder_names.unfinished_model()) ? folder_names.unfinished_model()
                     : fs::exists(folder_names.teacher())        ? folder_names.teacher()
                                                                 : fs::path();
  if (model.empty())
    throw Error("nothing was learned yet that could be used; learn again, which goes on from here");
  FolderPlan plan;
  plan.images = learns_from_corrections() ? uncorrected_files(*opened) : opened->files();
  OutputFolder folder(folder_names.root, plan, board_);
  auto detector = Detector::load(model);
  note_new_model(true);
  detector.to(find_device(options_.device));
  board_.warn("stopped after " + counted(detector.trained_steps(), "step", "steps") +
              ": what is found now is less sure than after the whole training");
  segment_with(detector, plan.images, folder, "priorseg studio, stopped training");
}

void Session::export_results() {
  const auto opened = gallery();
  Choices choices;
  {
    const std::lock_guard lock(mutex_);
    choices = choices_;
  }
  board_.start("export", [this, opened, choices] { export_now(*opened, choices); });
}

}  // namespace priorseg
