#pragma once

namespace priorseg {

/// Style sheet of the HTML report.
extern const char* const kReportStyle;

/// Script of the HTML report: enlarging pictures, switching them with keys, sorting the table. The page is
/// complete without it.
extern const char* const kReportScript;

}  // namespace priorseg
