#include "priorseg/core/result_form.h"

#include <algorithm>

#include "priorseg/core/error.h"
#include "priorseg/core/option_range.h"

namespace priorseg {
namespace {

bool is_always_written(ResultForm form) {
  return form == ResultForm::kLabels || form == ResultForm::kOverlay || form == ResultForm::kCsv;
}

std::string without_spaces(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

FurtherForms parse_further_forms(const std::string& names) {
  FurtherForms forms;
  if (without_spaces(names).empty()) return forms;
  for (size_t start = 0; start <= names.size();) {
    const size_t comma = std::min(names.find(',', start), names.size());
    const std::string name = without_spaces(names.substr(start, comma - start));
    const auto form = find_named<ResultForm>(name);
    if (!form) {
      throw Error("'" + name + "' is no form of results, expected some of " + names_text<ResultForm>() +
                  " with commas between them");
    }
    if (!is_always_written(*form)) forms.insert(*form);
    start = comma + 1;
  }
  return forms;
}

}  // namespace priorseg
