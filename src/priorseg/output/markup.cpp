#include "priorseg/output/markup.h"

#include <array>
#include <charconv>
#include <cmath>

#include "priorseg/core/utf8.h"

namespace priorseg {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr const char* kDash = "\xE2\x80\x93";              // en dash: no value

/// Characters that no HTML, XML or SVG may hold, U+FFFE and U+FFFF among them.
bool is_forbidden(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return (first < 0x20 && first != '\t' && first != '\n' && first != '\r') || first == 0x7F ||
         character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
}

std::string_view entity(char character) {
  switch (character) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string to_text(double value, std::chars_format format, int precision) {
  std::array<char, 400> buffer;  // the longest double in fixed notation has 309 digits before the point
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision).ptr;
  return {buffer.data(), end};
}

}  // namespace

std::string escape_markup(std::string_view bytes) {
  const std::string text = is_utf8(bytes) ? std::string(bytes) : utf8_or_escaped(bytes);
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view character = rest.substr(0, utf8_length(rest));
    const std::string_view replaced = entity(character[0]);
    escaped += is_forbidden(character) ? kReplacement : !replaced.empty() ? replaced : character;
    rest.remove_prefix(character.size());
  }
  return escaped;
}

std::string plain_number(double value) {
  if (!std::isfinite(value)) return {};
  constexpr double kExact = 1e15;  // whole numbers below have all their digits in a double
  if (value == std::floor(value) && std::abs(value) < kExact)
    return std::to_string(static_cast<int64_t>(value));
  constexpr int kDigits = 9;
  return to_text(value, std::chars_format::general, kDigits);
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    text += kDigits[group >> 18];
    text += kDigits[group >> 12 & 63];
    text += i + 1 < bytes.size() ? kDigits[group >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? kDigits[group & 63] : '=';
  }
  return text;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string fixed_number(double value, int decimals) {
  if (!std::isfinite(value)) return kDash;
  std::string text = to_text(std::abs(value), std::chars_format::fixed, decimals);
  const size_t point = std::min(text.find('.'), text.size());
  for (size_t i = point; i > 3; i -= 3) text.insert(i - 3, ",");
  const bool zero = text.find_first_not_of("0.,") == std::string::npos;
  return value < 0 && !zero ? "\xE2\x88\x92" + text : text;  // the minus sign
}

std::string short_number(double value) {
  const double magnitude = std::abs(value);
  if (!std::isfinite(value) || magnitude == 0) return fixed_number(value, 0);
  if (magnitude < 1e-3 || magnitude >= 1e9) return to_text(value, std::chars_format::general, 3);
  const int digits_before_point = static_cast<int>(std::floor(std::log10(magnitude))) + 1;
  const int decimals = std::max(0, 3 - digits_before_point);
  std::string text = fixed_number(value, decimals);
  if (decimals > 0) {  // 12.0 -> 12
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return kDash;
  if (seconds < 9.95) return fixed_number(seconds, seconds < 0.0995 ? 2 : 1) + " s";
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  const int64_t minutes = (whole + 30) / 60;
  return fixed_number(static_cast<double>(minutes / 60), 0) + " h " + std::to_string(minutes % 60) + " min";
}

std::string counted(int64_t count, const std::string& singular, const std::string& plural) {
  return fixed_number(static_cast<double>(count), 0) + " " + (count == 1 ? singular : plural);
}

}  // namespace priorseg
