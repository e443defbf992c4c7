#include "priorseg/output/html_page.h"

#include "priorseg/output/markup.h"
#include "priorseg/output/report_style.h"

namespace priorseg {
namespace {

/// The large view of a picture; opened by the script only.
constexpr const char* kDialog =
    "<dialog aria-label=\"Enlarged picture\"><div class=\"tools\"><b></b>"
    "<button type=\"button\" data-do=\"raw\" title=\"Space bar\">Hide outlines</button>"
    "<button type=\"button\" data-do=\"previous\" title=\"Left arrow\">Previous</button>"
    "<button type=\"button\" data-do=\"next\" title=\"Right arrow\">Next</button>"
    "<button type=\"button\" data-do=\"close\" title=\"Escape\">Close</button></div>"
    "<div class=\"stage\"><img alt=\"\" /></div></dialog>\n";

}  // namespace

std::string html_page(const std::string& title_text, const std::string& lead, const std::string& body) {
  const std::string title = escape_markup(title_text);
  // The policy forbids the page to load anything, even if a text should slip through unescaped.
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
         "style-src 'unsafe-inline'; script-src 'unsafe-inline'\" />\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n<title>" +
         title + "</title>\n<style>" + kReportStyle + "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>" +
         title + "</h1>\n<p class=\"lead\">" + escape_markup(lead) + "</p>\n</header>\n" + body +
         "</main>\n" + kDialog + "<script>" + kReportScript + "</script>\n</body>\n</html>\n";
}

std::string html_section(const std::string& title, const std::string& content) {
  return "<section>\n<h2>" + escape_markup(title) + "</h2>\n" + content + "</section>\n";
}

std::string png_source(const std::string& png) { return "data:image/png;base64," + base64(png); }

}  // namespace priorseg
