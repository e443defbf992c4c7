#pragma once

#include <string>
#include <vector>

namespace priorseg::test {

/// Checks that every tag of an HTML or SVG text is closed in the right order, that attribute values are
/// quoted and that no bare '<' or '&' stands in the text. Content of <style> and <script> is skipped.
/// @return what is wrong first, empty if nothing is.
inline std::string markup_fault(const std::string& text) {
  std::vector<std::string> open;
  const auto near = [&](size_t at) { return " near '" + text.substr(at, 60) + "'"; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '>') return "bare >" + near(i);
    if (text[i] == '&') {
      const size_t end = text.find(';', i);
      if (end == std::string::npos || end - i > 7) return "bare &" + near(i);
    }
    if (text[i] != '<') continue;
    const size_t begin = i;
    char quote = 0;
    for (++i; i < text.size() && (quote != 0 || text[i] != '>'); ++i) {
      if (text[i] == '<') return "< in a tag" + near(begin);
      if (quote == 0 && text[i] == '=' && text[i + 1] != '"') return "attribute without quotes" + near(begin);
      if (text[i] == '"') quote = quote == 0 ? '"' : 0;
    }
    if (i == text.size()) return "tag without end" + near(begin);
    const std::string tag = text.substr(begin + 1, i - begin - 1);
    if (tag[0] == '!' || tag.back() == '/') continue;
    const std::string name = tag.substr(tag[0] == '/', tag.find(' ') - (tag[0] == '/'));
    if (tag[0] != '/') {
      open.push_back(name);
      if (name == "style" || name == "script") i = text.find("</" + name + ">", i) - 1;
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes <" + (open.empty() ? "nothing" : open.back()) + ">" + near(begin);
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

/// How often `part` occurs in `text`.
inline size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace priorseg::test
