#include "priorseg/studio/session.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/random.h"
#include "priorseg/core/result_form.h"
#include "priorseg/core/utf8.h"
#include "priorseg/core/version.h"
#include "priorseg/data/image_list.h"
#include "priorseg/image/image_file.h"
#include "priorseg/output/contact_sheet.h"
#include "priorseg/pipeline/prior.h"
#include "priorseg/prior/shape_prior.h"
#include "priorseg/shapes/synthetic_shapes.h"
#include "priorseg/studio/csv_rows.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostHeldResults = 4;
constexpr int64_t kShownSynthetic = 64;

std::string bytes_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error("cannot read " + path.string());
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

bool lies_in(const fs::path& path, const fs::path& root) {
  const auto [end_of_root, ignored] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return end_of_root == root.end();
}

/// In the output folder, or else in the first folder that may be opened.
fs::path folder_for_dropped(const StudioOptions& options) {
  if (!options.output.empty()) return fs::absolute(options.output);
  return options.roots.empty() ? fs::path() : options.roots.front();
}

std::string shown_path(const fs::path& path) { return utf8_or_escaped(path.string()); }

}  // namespace

Session::Session(StudioOptions options)
    : options_(std::move(options)), dropped_(folder_for_dropped(options_)), board_(options_.threads) {}

Session::~Session() {
  board_.stop();
  board_.wait();
}

std::shared_ptr<Gallery> Session::gallery() const {
  const std::lock_guard lock(mutex_);
  if (!gallery_) throw Error("no folder is open");
  return gallery_;
}

OutputPaths Session::output_of(const Gallery& gallery) const {
  return {options_.output.empty() ? gallery.folder() / "priorseg-output" : options_.output};
}

OutputPaths Session::output() const { return output_of(*gallery()); }

fs::path Session::allowed_folder(const std::string& folder) const {
  std::error_code failed;
  const auto path = fs::canonical(fs::path(bytes_of_escaped(folder)), failed);
  auto roots = options_.roots;
  std::error_code no_output;
  if (const auto dropped = fs::canonical(dropped_.parent(), no_output); !no_output) roots.push_back(dropped);
  const bool allowed = !failed && std::any_of(roots.begin(), roots.end(),
                                              [&](const fs::path& root) { return lies_in(path, root); });
  // The same words for both: what lies elsewhere is nobody's business.
  if (!allowed || !fs::is_directory(path, failed))
    throw Error("there is no folder " + folder + " among those that this studio may open");
  return path;
}

nlohmann::json Session::browse(const std::string& folder) const {
  nlohmann::json answer = {{"folders", nlohmann::json::array()}, {"images", 0}, {"folder", ""}};
  if (folder.empty()) {
    for (const auto& root : options_.roots) answer["folders"].push_back(shown_path(root));
    return answer;
  }
  const auto path = allowed_folder(folder);
  answer["folder"] = shown_path(path);
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry :
       fs::directory_iterator(path, fs::directory_options::skip_permission_denied, failed))
    if (entry.is_directory(failed) && !entry.path().filename().string().starts_with('.'))
      names.push_back(shown_path(entry.path()));
  std::sort(names.begin(), names.end(), natural_less);
  answer["folders"] = names;
  try {
    answer["images"] = list_images({path}).size();
  } catch (const Error&) {  // a folder without images is one to pass through
  }
  const bool has_parent = std::none_of(options_.roots.begin(), options_.roots.end(),
                                       [&](const fs::path& root) { return path == root; });
  if (has_parent) answer["parent"] = shown_path(path.parent_path());
  return answer;
}

void Session::require_no_job(const std::string& what) const {
  if (board_.is_running())
    throw Error("cannot " + what + " while work goes on; wait for its end, or stop it");
}

void Session::open(const std::string& folder) {
  require_no_job("open another folder");
  auto opened = std::make_shared<Gallery>(allowed_folder(folder), board_);
  const auto kept = kept_choices(output_of(*opened));
  {
    const std::lock_guard lock(mutex_);
    gallery_ = std::move(opened);
    choices_ = {};
    choices_.save = options_.settings.save;
    if (kept) choices_ = *kept;
    looked_ = nullptr;
    results_.clear();
    found_ = {};
    ++generation_;
  }
  border_preview_.clear();
  look();
}

void Session::choose(const nlohmann::json& wanted) {
  {
    const std::lock_guard lock(mutex_);
    auto next = choices_;
    next.take(wanted);
    with_choices(options_.settings, next);  // told now, not when the work begins
    choices_ = next;
  }
  board_.touch("state");
}

std::shared_ptr<const PicturePyramid> Session::picture(int64_t image, int64_t picture,
                                                       const std::string& view) {
  return gallery()->picture(image, picture, view);
}

std::string Session::thumbnail(int64_t image, const std::string& view) {
  return gallery()->thumbnail(image, view);
}

/// Those that the images were segmented with.
PlaneChoice Session::planes() const {
  const std::lock_guard lock(mutex_);
  PlaneChoice planes;
  static_cast<PlaneOptions&>(planes) = with_choices(options_.settings, choices_).detector.planes;
  if (planes.channel.empty() && looked_.is_object()) planes.channel = looked_.value("plane_channel", "");
  return planes;
}

std::shared_ptr<ImageResult> Session::result(int64_t image, int64_t picture) {
  const auto opened = gallery();
  const auto& file = opened->file(image);
  const auto& stem = opened->stems()[static_cast<size_t>(image)];
  const auto key = stem + "/" + std::to_string(picture);
  const auto folder = output();
  const auto looked_at = planes();
  const std::lock_guard lock(mutex_);
  const auto held =
      std::find_if(results_.begin(), results_.end(), [&](const auto& entry) { return entry.first == key; });
  if (held != results_.end()) {
    results_.splice(results_.begin(), results_, held);
  } else {
    // Films and stacks have a label map for all pictures: the next one that is asked for is often of the
    // same.
    if (!found_.second || found_.first != stem)
      found_ = {stem,
                std::make_shared<const FoundImage>(ImageInput(file).with_planes(looked_at), folder, stem)};
    results_.emplace_front(key, std::make_shared<ImageResult>(*found_.second, folder, stem, picture));
    if (results_.size() > kMostHeldResults) results_.pop_back();
  }
  return results_.front().second;
}

std::string Session::objects(int64_t image, int64_t picture) { return result(image, picture)->describe(); }

std::string Session::outlines_in(int64_t image, int64_t picture, const PixelBox& view) {
  return result(image, picture)->outlines_in(view);
}

void Session::correct(int64_t image, int64_t picture, const nlohmann::json& action, int64_t revision) {
  require_no_job("correct");
  result(image, picture)->apply(action, revision);
  board_.touch("edit:" + std::to_string(image));
}

std::string Session::preview(const std::string& name) {
  // A name of this form leads nowhere else.
  const bool is_one =
      name.starts_with("step_") && name.ends_with(".png") &&
      std::all_of(name.begin() + 5, name.end() - 4, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_one) throw Error("there is no preview of this name");
  return bytes_of_file(output().previews() / name);
}

std::string Session::shapes() {
  const auto saved = output().prior();
  if (fs::exists(saved)) return prior_contact_sheet(ShapePrior::load(saved), options_.settings.seed);
  Random random(options_.settings.seed);
  const auto masks = draw_synthetic_masks(kShownSynthetic, options_.settings.shapes, random);
  return encode_png(contact_sheet({{"Shapes it will learn from", masks}}));
}

nlohmann::json Session::list_results(const Gallery& gallery) const {
  const auto folder = output();
  std::map<std::string, CsvRow> rows;
  for (auto& row : read_csv_rows(folder.images_table())) rows[row["image"]] = row;
  auto results = nlohmann::json::array();
  for (size_t i = 0; i < gallery.files().size(); ++i) {
    const auto& stem = gallery.stems()[i];
    if (!fs::exists(folder.label_map(stem))) continue;
    nlohmann::json result = {{"image", i}, {"corrected", has_journal(folder, stem)}};
    const auto row = rows.find(utf8_or_escaped(gallery.files()[i].filename().string()));
    if (row != rows.end()) {
      const double quality = number_in(row->second, "mean_quality"),
                   score = number_in(row->second, "mean_score");
      result.update({{"objects", number_in(row->second, "objects")},
                     {"verdict", row->second.at("verdict")},
                     {"reason", row->second.at("reason")},
                     {"confidence", std::isnan(quality) ? score : quality}});
    }
    results.push_back(std::move(result));
  }
  return results;
}

nlohmann::json Session::state() {
  nlohmann::json state = {{"version", version()}, {"folder", nullptr}, {"forms", nlohmann::json::array()}};
  for (const auto& form : all_names<ResultForm>()) state["forms"].push_back(form);
  std::shared_ptr<Gallery> opened;
  Choices choices;
  {
    const std::lock_guard lock(mutex_);
    opened = gallery_;
    choices = choices_;
    state["generation"] = generation_;
    state["look"] = looked_;
  }
  state["choices"] = choices.to_json();
  if (!opened) return state;
  const auto folder = output();
  // The size that the page shows is the one that the lines name.
  if (!choices.size && state["look"].is_object() && state["look"].contains("size"))
    choices.take({{"size", state["look"]["size"]}});
  const JobNames names{opened->folder(), folder.root, options_.setting_arguments,
                       fs::exists(folder.calibrated_model())};
  state.update(
      {{"folder", shown_path(opened->folder())},
       {"output", shown_path(folder.root)},
       {"images", opened->describe()},
       {"results", list_results(*opened)},
       {"has_model", fs::exists(folder.model())},
       {"has_unfinished", fs::exists(folder.checkpoint())},
       {"has_prior", fs::exists(folder.prior())},
       {"border_level", choices.border_level.value_or(options_.settings.detector.inference.border_level)},
       {"report", fs::exists(folder.report()) ? shown_path(folder.report()) : ""},
       {"command", utf8_or_escaped(command_for(names, choices))},
       {"python", python_for(names, choices)}});
  state["total_steps"] =
      options_.settings.detector.training.steps + options_.settings.detector.self_training.steps;
  return state;
}

void Session::stop(bool use) {
  {
    const std::lock_guard lock(mutex_);
    uses_unfinished_ = use;
  }
  board_.stop();
  board_.touch("state");
}

}  // namespace priorseg
