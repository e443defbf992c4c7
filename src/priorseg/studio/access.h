#pragma once

#include <string>
#include <string_view>

namespace priorseg {

/// What a request says of who sends it and where it is meant to go.
struct RequestFacts {
  std::string method;         ///< "GET", "POST"
  std::string path;           ///< decoded, from "/" on
  std::string host;           ///< of the header Host
  std::string origin;         ///< of the header Origin; empty where there is none
  std::string fetch_site;     ///< of the header Sec-Fetch-Site; empty where there is none
  std::string content_type;   ///< of the body
  std::string authorization;  ///< of the header Authorization
};

/// Who may speak to the studio.
///
/// The token in the address keeps out other users of this computer. Host is checked because any page of the
/// web can point a name of its own at this computer (DNS rebinding), Origin and Sec-Fetch-Site because it can
/// send requests here. A studio that listens to other computers asks for a password in addition; names by
/// which they know this computer are not known here, and with a password a foreign name gains nothing.
class Access {
 public:
  /// For this computer alone.
  Access(std::string token, int port);
  /// For other computers too. @throws Error where the password is shorter than kShortestPassword.
  Access(std::string token, int port, std::string password);

  static constexpr size_t kShortestPassword = 8;

  /// The path that all addresses begin with: "/<token>/".
  const std::string& prefix() const { return prefix_; }
  bool asks_for_password() const { return !password_.empty(); }

  enum class Answer {
    kAllowed,
    kForbidden,     ///< 403: another Host or Origin, or a request that a form of another page could send
    kNotFound,      ///< 404: without the token nothing is there
    kAsksPassword,  ///< 401
  };
  Answer judge(const RequestFacts& request) const;

 private:
  bool is_own_host(const std::string& host) const;

  std::string prefix_;
  int port_;
  std::string password_;
};

/// 128 random bits of the system as 32 hexadecimal digits.
std::string make_token();

/// True where both are the same; how long it takes tells nothing about where they differ.
bool equal_secrets(std::string_view a, std::string_view b);

}  // namespace priorseg
