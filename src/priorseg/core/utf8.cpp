#include "priorseg/core/utf8.h"

#include <optional>

namespace priorseg {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";
constexpr size_t kEscapeLength = 4;

/// The byte that an escape at the start of `text` stands for.
std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < kEscapeLength || text[0] != '\\' || text[1] != 'x') return std::nullopt;
  const size_t high = kDigits.find(text[2]), low = kDigits.find(text[3]);
  if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

void append_escape(std::string& text, char byte) {
  const auto value = static_cast<unsigned char>(byte);
  text += "\\x";
  text += kDigits[value / 16];
  text += kDigits[value % 16];
}

}  // namespace

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF5 ? 0 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  // Doubled encodings, surrogates and values above U+10FFFF show in the second byte.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) >= 0xA0) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) >= 0x90) return 0;
  return length;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string utf8_or_escaped(std::string_view bytes, std::string_view also) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t length = utf8_length(bytes);
    const bool escapes = length == 0 || also.find(bytes[0]) != std::string_view::npos || escaped_byte(bytes);
    if (escapes) {
      append_escape(text, bytes[0]);
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(escapes ? 1 : length);
  }
  return text;
}

std::string bytes_of_escaped(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const auto byte = escaped_byte(text);
    bytes += byte.value_or(text[0]);
    text.remove_prefix(byte ? kEscapeLength : 1);
  }
  return bytes;
}

}  // namespace priorseg
