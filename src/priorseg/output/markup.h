#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace priorseg {

/// Makes any bytes safe as text or as a quoted attribute value of HTML, XML and SVG: the five markup
/// characters become entities; bytes that are no UTF-8 become \xE9 (core/utf8.h), characters that XML forbids
/// U+FFFD. File names may hold either.
std::string escape_markup(std::string_view bytes);

/// Base64 (RFC 4648, with padding) of any bytes.
std::string base64(std::string_view bytes);

/// A text as one field of a CSV table: quoted as in RFC 4180 where it holds commas, quotes or line ends.
std::string csv_field(const std::string& text);

/// A number for programs: with a point whatever the locale, 9 digits (enough for any float32), whole numbers
/// in full. Empty where it is not finite.
std::string plain_number(double value);

/// A number for people: thousands separated by commas, `decimals` digits after the point, always with a point
/// whatever the locale. "–" where the value is not finite.
std::string fixed_number(double value, int decimals);

/// The same with about three significant digits: 4,123 | 17.3 | 0.052 | 1.2e-05.
std::string short_number(double value);

/// A duration for people: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min". "–" where it is not finite or negative.
std::string duration_text(double seconds);

/// "1 image", "2 images": `count` with thousands separators and the word in its right form.
std::string counted(int64_t count, const std::string& singular, const std::string& plural);

}  // namespace priorseg
