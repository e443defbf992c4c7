#include "priorseg/studio/access.h"

#include <array>
#include <random>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/output/markup.h"

namespace priorseg {

Access::Access(std::string token, int port) : prefix_("/" + std::move(token) + "/"), port_(port) {}

Access::Access(std::string token, int port, std::string password) : Access(std::move(token), port) {
  if (password.size() < kShortestPassword) {
    throw Error("the password has " + std::to_string(password.size()) + " characters, expected at least " +
                std::to_string(kShortestPassword) + ": whoever reaches this computer can try to guess it");
  }
  password_ = std::move(password);
}

bool Access::is_own_host(const std::string& host) const {
  for (const char* name : {"127.0.0.1", "localhost", "[::1]"})
    if (host == std::string(name) + ":" + std::to_string(port_)) return true;
  return false;
}

Access::Answer Access::judge(const RequestFacts& request) const {
  if (!asks_for_password() && !is_own_host(request.host)) return Answer::kForbidden;
  if (!request.origin.empty() && request.origin != "http://" + request.host) return Answer::kForbidden;
  const auto& site = request.fetch_site;
  const bool changes = request.method != "GET" && request.method != "HEAD";
  if (!site.empty() && site != "same-origin" && site != "none") return Answer::kForbidden;
  // Forms of other pages cannot send these types.
  const bool is_typed = request.content_type.starts_with("application/json") ||
                        request.content_type.starts_with("application/octet-stream");
  if (changes && !is_typed) return Answer::kForbidden;
  if (asks_for_password()) {
    const auto expected = "Basic " + base64("priorseg:" + password_);
    if (!equal_secrets(request.authorization, expected)) return Answer::kAsksPassword;
  }
  const std::string_view path = request.path;
  if (path.size() < prefix_.size() || !equal_secrets(path.substr(0, prefix_.size()), prefix_))
    return Answer::kNotFound;
  return Answer::kAllowed;
}

std::string make_token() {
  std::random_device device;
  constexpr const char* kDigits = "0123456789abcdef";
  std::string token;
  for (int word = 0; word < 4; ++word) {
    auto bits = static_cast<uint32_t>(device());
    for (int digit = 0; digit < 8; ++digit, bits >>= 4) token += kDigits[bits & 15];
  }
  return token;
}

bool equal_secrets(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace priorseg
