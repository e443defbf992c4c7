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
  if (!next.polarity.empty() && !find_named<Polarity>(next.polarity))
    throw Error("there is no polarity '" + next.polarity + "'");
  parse_further_forms(next.save);
  *this = next;
}

nlohmann::json Choices::to_json() const {
  nlohmann::json json = {{"channel", channel}, {"polarity", polarity}, {"save", save}, {"size", nullptr}};
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

std::string command_for(const JobNames& names, const Choices& choices) {
  std::string command = "priorseg run " + shell_word(names.images.string());
  if (choices.size)
    command += " --size " + plain_number(choices.size->min) + ":" + plain_number(choices.size->max);
  if (!choices.channel.empty()) command += " --channel " + shell_word(choices.channel);
  if (!choices.polarity.empty()) command += " --polarity " + choices.polarity;
  for (const auto& argument : names.setting_arguments) command += " " + shell_word(argument);
  if (!parse_further_forms(choices.save).empty()) command += " --save " + choices.save;
  return command + " -o " + shell_word(names.output.string());
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
  if (!note.empty()) note = "  # and settings as in the command:" + note;
  return "import priorseg\n\nmodel = priorseg.train(" + images + arguments + ", folder=" + output + ")" +
         note + "\nmodel.segment_files(" + images + ", " + output + save + ")\n";
}

}  // namespace priorseg
