#pragma once

#include <functional>
#include <memory>
#include <string>

#include "priorseg/studio/session.h"

namespace priorseg {

/// Where the studio can be reached.
struct ServerOptions {
  std::string address = "127.0.0.1";  ///< that it listens on
  int port = 0;                       ///< 0 = any that is free
  std::string password;               ///< needed where `address` is not of this computer alone
};

/// True for addresses that only this computer can reach.
bool is_loopback(const std::string& address);

/// Serves the page and what it asks for, see docs/developer/studio.md. Every answer carries headers that keep
/// other pages away from it (Content-Security-Policy, no sharing with other origins, no framing).
class StudioServer {
 public:
  /// Binds the port.
  /// @throws Error where the port is in use, or others could reach the studio without a password.
  StudioServer(Session& session, const ServerOptions& options);
  ~StudioServer();

  /// "http://127.0.0.1:40123/<token>/"
  const std::string& url() const;
  /// Answers requests until `ends` is true, which is asked a few times a second, or stop() is called.
  void serve(const std::function<bool()>& ends);
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace priorseg
