#include "priorseg/studio/choices.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>

#include "priorseg/core/error.h"
#include "priorseg/core/result_form.h"
#include "priorseg/core/utf8.h"
#include "priorseg/output/markup.h"

namespace priorseg {
namespace {

constexpr double kSmallestSize = 2, kLargestSize = 10000;  // px, as SizeOptions
constexpr double kHighestBorderLevel = 0.9;                // as InferenceOptions

MinMax read_size(const nlohmann::json& size) {
  const auto number = [&](const char* name) {
    return size.is_object() && size.contains(name) && size[name].is_number() ? size[name].get<double>() : 0;
  };
  const MinMax range{number("min"), number("max")};
  if (!(range.min >= kSmallestSize && range.min <= range.max && range.max <= kLargestSize)) {
    throw Error("the sizes are " + short_number(range.min) + " to " + short_number(range.max) +
                " px, expected 2 to 10,000, the smallest one first");
  }
  return range;
}

std::optional<double> read_border_level(const nlohmann::json& level) {
  if (level.is_null()) return std::nullopt;
  const double value = level.is_number() ? level.get<double>() : -1;
  if (!(value >= 0 && value <= kHighestBorderLevel))
    throw Error("the border level is " + level.dump() + ", expected 0 to 0.9");
  return value;
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-./:=,+@%").find(c) != std::string_view::npos;
}

/// A word for a POSIX shell.
std::string shell_word(const std::string& text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// A text of Python; JSON's escapes are Python's.
std::string python_text(const std::string& text) { return nlohmann::json(utf8_or_escaped(text)).dump(); }

}  // namespace

void Choices::take(const nlohmann::json& wanted) {
  Choices next = *this;
  const auto read_text = [&](const char* name, std::string& text) {
    if (!wanted.contains(name)) return;
    if (!wanted[name].is_string()) throw Error(std::string("'") + name + "' is no text");
    text = wanted[name].get<std::string>();
  };
  read_text("channel", next.channel);
  read_text("polarity", next.polarity);
  read_text("save", next.save);
  if (wanted.contains("size"))
    next.size = wanted["size"].is_null() ? std::nullopt : std::optional(read_size(wanted["size"]));
  if (wanted.contains("border_level")) next.border_level = read_border_level(wanted["border_level"]);
  if (wanted.contains("learns_from_corrections"))
    next.learns_from_corrections = wanted["learns_from_corrections"] == true;
  if (wanted.contains("from_unfinished")) next.from_unfinished = wanted["from_unfinished"] == true;
  if (!next.polarity.empty() && !find_named<Polarity>(next.polarity))
    throw Error("there is no polarity '" + next.polarity + "'");
  parse_further_forms(next.save);
  *this = next;
}

nlohmann::json Choices::to_json() const {
  nlohmann::json json = {{"channel", channel}, {"polarity", polarity}, {"save", save}, {"size", nullptr}};
  json["border_level"] = border_level ? nlohmann::json(*border_level) : nlohmann::json(nullptr);
  json["learns_from_corrections"] = learns_from_corrections;
  json["from_unfinished"] = from_unfinished;
  if (size) json["size"] = {{"min", size->min}, {"max", size->max}};
  return json;
}

std::filesystem::path choices_file(const OutputPaths& folder) { return folder.own() / "studio.json"; }

std::optional<Choices> kept_choices(const OutputPaths& folder) {
  std::ifstream file(choices_file(folder));
  const auto kept = nlohmann::json::parse(file, nullptr, false);
  if (!file || !kept.is_object()) return std::nullopt;
  Choices choices;
  choices.take(kept);
  return choices;
}

Settings with_choices(Settings settings, const Choices& choices) {
  auto& detector = settings.detector;
  if (const auto colour = find_named<ImageChannel>(choices.channel)) {
    detector.intensity.channel = *colour;
  } else if (!choices.channel.empty()) {
    detector.planes.channel = choices.channel;
  }
  if (!choices.polarity.empty()) detector.intensity.polarity = find_named<Polarity>(choices.polarity).value();
  if (choices.size) {
    detector.size.min = choices.size->min;
    detector.size.max = choices.size->max;
  }
  settings.save = choices.save;
  settings.validate();
  return settings;
}

std::filesystem::path annotated_folder(const std::filesystem::path& output) { return output / "annotated"; }

std::string command_for(const JobNames& names, const Choices& choices) {
  const auto word = [](const std::filesystem::path& path) { return shell_word(path.string()); };
  const auto images = word(names.images), annotated = word(annotated_folder(names.output));
  const auto save = parse_further_forms(choices.save).empty() ? "" : " --save " + choices.save;
  std::string command = "priorseg run " + images;
  if (choices.learns_from_corrections) command += " --learn-prior " + annotated;
  if (choices.size)
    command += " --size " + plain_number(choices.size->min) + ":" + plain_number(choices.size->max);
  if (!choices.channel.empty()) command += " --channel " + shell_word(choices.channel);
  if (!choices.polarity.empty()) command += " --polarity " + choices.polarity;
  for (const auto& argument : names.setting_arguments) command += " " + shell_word(argument);
  command += save + " -o " + word(names.output);
  const OutputPaths folder{names.output};
  const auto model = names.calibrated ? folder.calibrated_model() : folder.model();
  if (names.calibrated)
    command += "\npriorseg calibrate " + images + " " + annotated + " --model " + word(folder.model()) +
               " -o " + word(model);
  if (!names.calibrated && !choices.border_level) return command;
  command += "\npriorseg segment " + images + " --model " + word(model);
  if (choices.border_level) command += " --border-level " + plain_number(*choices.border_level);
  return command + save + " -o " + word(names.output);
}

std::string python_for(const JobNames& names, const Choices& choices) {
  std::string arguments;
  if (choices.size)
    arguments += ", size=(" + plain_number(choices.size->min) + ", " + plain_number(choices.size->max) + ")";
  if (!choices.channel.empty()) arguments += ", channel=" + python_text(choices.channel);
  if (!choices.polarity.empty()) arguments += ", polarity=" + python_text(choices.polarity);
  const auto images = python_text(names.images.string()), output = python_text(names.output.string());
  const bool has_further = !parse_further_forms(choices.save).empty();
  const auto save = has_further ? ", save=" + python_text(choices.save) : "";
  std::string note;
  for (const auto& argument : names.setting_arguments) note += " " + argument;
  if (choices.learns_from_corrections) note += " --learn-prior";
  if (names.calibrated) note += " calibrate";
  if (choices.border_level) note += " --border-level " + plain_number(*choices.border_level);
  if (!note.empty()) note = "  # and settings as in the command:" + note;
  return "import priorseg\n\nmodel = priorseg.train(" + images + arguments + ", folder=" + output + ")" +
         note + "\nmodel.segment_files(" + images + ", " + output + save + ")\n";
}

}  // namespace priorseg
