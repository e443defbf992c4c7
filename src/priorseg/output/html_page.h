#pragma once

#include <string>

namespace priorseg {

/// A page that needs nothing else, with the style and the script of the reports: no network, no other files;
/// readable without JavaScript, on paper, on small screens, light and dark.
///
/// @param title, lead  plain text; they are escaped.
/// @param body         markup.
std::string html_page(const std::string& title, const std::string& lead, const std::string& body);

/// A part of a page under a heading. @param title plain text. @param content markup.
std::string html_section(const std::string& title, const std::string& content);

/// PNG bytes as the source of an <img>.
std::string png_source(const std::string& png);

}  // namespace priorseg
