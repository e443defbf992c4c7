#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace priorseg {

/// A row of a table with a header line: fields by the names of their columns.
using CsvRow = std::map<std::string, std::string>;

/// The rows of a table as priorseg writes it (RFC 4180), for those whose first field `wants`. None where
/// there is no such file.
std::vector<CsvRow> read_csv_rows(
    const std::filesystem::path& path,
    const std::function<bool(const std::string& first_field)>& wants = [](const auto&) { return true; });

/// The number in a field; NaN where it is missing or empty.
double number_in(const CsvRow& row, const std::string& column);

}  // namespace priorseg
