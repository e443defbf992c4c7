#pragma once

#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace priorseg {

/// Where on a plate an image was taken, as far as its name says so; what it does not say is empty.
struct PlatePlace {
  std::string plate;
  std::string well;     ///< "A01"
  std::string site;     ///< field of view in the well
  std::string channel;  ///< of a plate whose channels are files of their own
};

/// How names of images tell their place on a plate.
class PlatePattern {
 public:
  /// @param text  a regular expression (ECMAScript) with some of the groups (?<plate>...), (?<well>...),
  ///              (?<row>...), (?<column>...), (?<site>...) and (?<channel>...), that is searched for in
  ///              names without ending; rows and columns may be numbers. "auto": the first of kKnown that
  ///              fits. "none": nothing fits.
  /// @throws Error where it is no such expression.
  explicit PlatePattern(const std::string& text = "auto");

  /// What a name says, if the pattern fits it. Where the pattern does not tell the plate, that is what stands
  /// before the place in the name.
  /// @param stem  the name without its ending, possibly behind names of folders (output_stems).
  std::optional<PlatePlace> place_of(const std::string& stem) const;

  /// Who writes such names: "ImageXpress". "" where the pattern was given.
  std::string origin_of(const std::string& stem) const;

 private:
  struct Form {
    std::string origin;
    std::regex expression;
    std::vector<std::pair<std::string, size_t>> groups;  // name and number
  };
  static Form parse(const std::string& origin, const std::string& text);
  const Form* form_of(const std::string& stem) const;

  std::vector<Form> forms_;
};

/// @throws Error where PlatePattern would.
void check_plate_pattern(const std::string& text);

}  // namespace priorseg
