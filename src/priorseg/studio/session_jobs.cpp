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

void Session::learn() {
  gallery();
  {
    const std::lock_guard lock(mutex_);
    uses_unfinished_ = false;
    if (!looked_.is_object() || (!choices_.size && !looked_.contains("size")))
      throw Error("the sizes of the objects are not known; say them first, with the rings");
    results_.clear();
  }
  board_.start("learn", [this] {
    try {
      learn_now();
    } catch (const Stopped&) {
      {
        const std::lock_guard lock(mutex_);
        if (!uses_unfinished_) throw;
      }
      board_.go_on();
      use_unfinished();
    }
  });
}

void Session::learn_now() {
  const auto opened = gallery();
  Choices choices;
  {
    const std::lock_guard lock(mutex_);
    choices = choices_;
    if (!choices.size) choices.take({{"size", looked_["size"]}});
    choices_ = choices;
  }
  RunInput input;
  input.segmented = opened->files();
  input.images.assign(input.segmented.begin(), input.segmented.end());
  input.device = options_.device;
  input.title = "priorseg studio";
  input.command_line = command_for({opened->folder(), output().root, options_.setting_arguments}, choices);
  // So that a studio that is started again goes on with the same, and names it in the lines that repeat the
  // job.
  const auto keep_choices = [&] {
    write_text_atomically(choices_file(output()), choices.to_json().dump() + "\n");
  };
  WatchedTraining watched(board_, output().previews(), keep_choices);
  run(input, with_choices(options_.settings, choices), output().root, watched);
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
  plan.images = opened->files();
  OutputFolder folder(folder_names.root, plan, board_);
  auto detector = Detector::load(model);
  detector.to(find_device(options_.device));
  board_.warn("stopped after " + counted(detector.trained_steps(), "step", "steps") +
              ": what is found now is less sure than after the whole training");
  const auto& inference = detector.options().inference;
  auto chosen = detector.options();
  const auto planes = choose_planes_of_files({plan.images.begin(), plan.images.end()}, {}, chosen, board_);
  auto batch = segment_images(plan.images, detector, inference, folder, kReportPictures, board_, planes);
  judge(batch, true);
  write_batch_report(batch, detector, inference, options_.settings.seed, folder,
                     {"priorseg studio, stopped training", "", 0}, board_);
  tell_outcome(batch, plan.images.size(), folder, board_);
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
