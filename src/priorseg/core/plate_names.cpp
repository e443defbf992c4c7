#include "priorseg/core/plate_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "priorseg/core/error.h"

namespace priorseg {
namespace {

struct KnownNames {
  const char* origin;
  const char* pattern;
};

/// Tried in this order: those that leave least to chance first.
constexpr std::array kKnown{
    // r01c02f03p01-ch1sk1fk1fl1
    KnownNames{"Opera and Operetta",
               R"(r(?<row>\d{2})c(?<column>\d{2})f(?<site>\d+)(?:p\d+)?(?:-ch(?<channel>\d+))?)"},
    // AssayPlate_A01_T0001F002L01A01Z01C02
    KnownNames{"CellVoyager",
               R"((?:^|[_-])(?<well>[A-P]\d{2})_T\d+F(?<site>\d+)L\d+A\d+Z\d+C(?<channel>\d+))"},
    // A - 01(fld 2 wv DAPI - DAPI)
    KnownNames{
        "IN Cell Analyzer",
        R"((?<row>[A-P]) - (?<column>\d{1,2})\(fld (?<site>\d+)(?: wv (?<channel>[^-)]+?)(?: -[^)]*)?)?\))"},
    // plate_A01_s1_w2
    KnownNames{"ImageXpress",
               R"((?:^|[_-])(?<well>[A-P]\d{2})_s(?<site>\d+)(?:_w(?<channel>\d))?)"},
    KnownNames{"ImageXpress", R"((?:^|[_-])(?<well>[A-P]\d{2})_w(?<channel>\d))"},
    // MFGTMP_A01f00d0
    KnownNames{"ArrayScan", R"((?:^|[_-])(?<well>[A-P]\d{2})f(?<site>\d+)d(?<channel>\d))"},
    // A1_02_1_1_DAPI_001
    KnownNames{"Cytation", R"((?:^|_)(?<well>[A-P]\d{1,2})_\d+_\d+_(?<site>\d+)_(?<channel>[A-Za-z][^_]*))"},
    // Well_A01_Site_2_Ch_1, WellA01_Point0002
    KnownNames{
        "names with Well",
        R"([Ww]ell_?(?<well>[A-P]\d{1,2})(?:_(?:[A-Za-z]+_?)?(?<site>\d+))?(?:_[Cc]h(?:annel)?_?(?<channel>\d+))?)"},
    // plate_A01, A01_2
    KnownNames{"names with a well", R"((?:^|[_-])(?<well>[A-P]\d{2})(?:_(?<site>\d{1,3}))?$)"},
};

constexpr std::array kGroups = {"plate", "well", "row", "column", "site", "channel"};

/// "3" or "C" as "C".
std::string row_letter(const std::string& row) {
  if (row.empty() || std::isalpha(static_cast<unsigned char>(row.front())) != 0) return row;
  const int number = std::atoi(row.c_str());
  if (number >= 1 && number <= 26) return {static_cast<char>('A' + number - 1)};
  if (number >= 27 && number <= 52) return std::string("A") + static_cast<char>('A' + number - 27);
  return row;
}

/// "A1" as "A01".
std::string with_two_digits(const std::string& well) {
  const size_t digits = well.find_first_of("0123456789");
  return digits != std::string::npos && digits + 1 == well.size()
             ? well.substr(0, digits) + "0" + well.substr(digits)
             : well;
}

std::string without_separators_at_end(std::string text) {
  while (!text.empty() && std::string("_- .").find(text.back()) != std::string::npos) text.pop_back();
  return text;
}

}  // namespace

PlatePattern::Form PlatePattern::parse(const std::string& origin, const std::string& text) {
  Form form;
  form.origin = origin;
  std::string plain;
  size_t number = 0;
  bool in_class = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      plain += text[i++];
    } else if (text[i] == '[' || text[i] == ']') {
      in_class = text[i] == '[';
    } else if (text[i] == '(' && !in_class) {
      const size_t name = text.compare(i, 3, "(?<") == 0    ? i + 3
                          : text.compare(i, 4, "(?P<") == 0 ? i + 4
                                                            : 0;
      const size_t end = text.find('>', i);
      if (text.compare(i, 2, "(?") != 0) ++number;
      if (name > 0 && end != std::string::npos) {
        form.groups.emplace_back(text.substr(name, end - name), ++number);
        plain += '(';
        i = end;
        continue;
      }
    }
    plain += text[i];
  }
  try {
    form.expression = std::regex(plain, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    throw Error("'" + text + "' is no regular expression: " + error.what());
  }
  for (const auto& [name, place] : form.groups)
    if (std::find(kGroups.begin(), kGroups.end(), name) == kGroups.end())
      throw Error("the plate pattern has a group '" + name +
                  "', expected some of plate, well, row, column, site, channel");
  if (form.groups.empty())
    throw Error("'" + text +
                "' has no named group, expected for instance (?<well>[A-P]\\d\\d)_s(?<site>\\d+)");
  return form;
}

PlatePattern::PlatePattern(const std::string& text) {
  if (text == "none") return;
  if (text == "auto")
    for (const auto& known : kKnown) forms_.push_back(parse(known.origin, known.pattern));
  else
    forms_.push_back(parse("", text));
}

const PlatePattern::Form* PlatePattern::form_of(const std::string& stem) const {
  const auto form = std::find_if(forms_.begin(), forms_.end(),
                                 [&](const Form& one) { return std::regex_search(stem, one.expression); });
  return form == forms_.end() ? nullptr : &*form;
}

std::optional<PlatePlace> PlatePattern::place_of(const std::string& stem) const {
  const Form* form = form_of(stem);
  std::smatch match;
  if (!form || !std::regex_search(stem, match, form->expression)) return std::nullopt;
  const auto said = [&](const char* name) {
    const auto group = std::find_if(form->groups.begin(), form->groups.end(),
                                    [&](const auto& one) { return one.first == name; });
    return group == form->groups.end() ? std::string() : match[group->second].str();
  };
  PlatePlace place{said("plate"), said("well"), said("site"), said("channel")};
  if (place.well.empty()) place.well = row_letter(said("row")) + said("column");
  place.well = with_two_digits(place.well);
  if (place.plate.empty()) place.plate = without_separators_at_end(match.prefix());
  return place;
}

std::string PlatePattern::origin_of(const std::string& stem) const {
  const Form* form = form_of(stem);
  return form ? form->origin : "";
}

void check_plate_pattern(const std::string& text) { PlatePattern{text}; }

}  // namespace priorseg
