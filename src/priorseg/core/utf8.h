#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// File names are bytes, while tables, JSON and reports are UTF-8. Bytes that are no UTF-8 are written as
// \xE9 there: text that anybody can read, and from which the name can be had back.
namespace priorseg {

/// Length in bytes of the well-formed UTF-8 character at the start of `text` (RFC 3629), 0 if there is none.
size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

/// `bytes` as UTF-8: each byte that belongs to no character becomes \xE9, with its value in capital
/// hexadecimal digits. A backslash before what reads like such an escape becomes \x5C, so that
/// bytes_of_escaped() gives every name back. Texts without either stay as they are.
///
/// @param also  ASCII characters that are escaped too, for instance line ends.
std::string utf8_or_escaped(std::string_view bytes, std::string_view also = {});

/// The bytes that utf8_or_escaped() was given.
std::string bytes_of_escaped(std::string_view text);

}  // namespace priorseg
