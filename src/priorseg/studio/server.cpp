#include "priorseg/studio/server.h"

#include <httplib.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "priorseg/core/error.h"
#include "priorseg/core/utf8.h"
#include "priorseg/studio/access.h"
#include "priorseg/studio/assets.h"

namespace priorseg {
namespace {

using nlohmann::json;

constexpr size_t kMostBodyBytes = size_t{1} << 20;
constexpr int kMostListeners = 16;
constexpr size_t kWorkers = 40;  // one for each listener, and those for what pages ask
constexpr auto kNewsPause = std::chrono::milliseconds(150);
constexpr auto kLongestSilence = std::chrono::seconds(5);

int64_t number_of(const std::string& text) {
  int64_t number = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) throw Error("'" + text + "' is no number");
  return number;
}

json body_of(const httplib::Request& request) {
  auto body = json::parse(request.body, nullptr, false);
  if (!body.is_object()) throw Error("the body of the request is no JSON object");
  return body;
}

/// Of a film or stack, from 0.
int64_t picture_of(const httplib::Request& request) {
  return request.has_param("picture") ? number_of(request.get_param_value("picture")) : 0;
}

/// "tint", as six digits of base 16.
PicturePyramid::Tint tint_of(const httplib::Request& request) {
  const auto text = request.get_param_value("tint");
  if (text.empty()) return PicturePyramid::kWhite;
  uint32_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (failed != std::errc() || end != text.data() + text.size() || text.size() != 6)
    throw Error("'" + text + "' is no colour, expected six digits as in ff00ff");
  return {static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8),
          static_cast<uint8_t>(number)};
}

std::string text_in(const json& body, const char* name) {
  if (!body.contains(name) || !body[name].is_string()) throw Error(std::string("'") + name + "' is missing");
  return body[name].get<std::string>();
}

std::string text_or(const json& body, const char* name, const std::string& otherwise) {
  return body.contains(name) ? text_in(body, name) : otherwise;
}

void send_json(httplib::Response& response, const json& content) {
  response.set_header("Cache-Control", "no-store");
  response.set_content(content.dump(-1, ' ', false, json::error_handler_t::replace), "application/json");
}

void send_failure(httplib::Response& response, int status, const std::string& what) {
  response.status = status;
  send_json(response, {{"error", what}});
}

/// Pictures of one generation of the gallery do not change: the address names it.
void send_png(httplib::Response& response, const std::string& bytes) {
  response.set_header("Cache-Control", "private, max-age=86400");
  response.set_content(bytes, "image/png");
}

void set_guarding_headers(httplib::Response& response) {
  response.set_header("Content-Security-Policy",
                      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.set_header("X-Content-Type-Options", "nosniff");
  response.set_header("Referrer-Policy", "no-referrer");
  response.set_header("Cross-Origin-Resource-Policy", "same-origin");
  response.set_header("Cross-Origin-Opener-Policy", "same-origin");
}

RequestFacts facts_of(const httplib::Request& request) {
  return {request.method,
          request.path,
          request.get_header_value("Host"),
          request.get_header_value("Origin"),
          request.get_header_value("Sec-Fetch-Site"),
          request.get_header_value("Content-Type"),
          request.get_header_value("Authorization")};
}

Access access_of(const ServerOptions& options, int port) {
  if (is_loopback(options.address)) {
    return options.password.empty() ? Access(make_token(), port)
                                    : Access(make_token(), port, options.password);
  }
  if (options.password.empty()) {
    throw Error("listening on " + options.address +
                " lets other computers reach the studio, expected a password for that (--password-file)");
  }
  return {make_token(), port, options.password};
}

}  // namespace

bool is_loopback(const std::string& address) {
  return address == "127.0.0.1" || address == "localhost" || address == "::1";
}

struct StudioServer::Impl {
  Impl(Session& shared, const ServerOptions& options) : session(shared) {
    server.new_task_queue = [] { return new httplib::ThreadPool(kWorkers); };
    server.set_payload_max_length(kMostBodyBytes);
    server.set_keep_alive_timeout(2);
    server.set_keep_alive_max_count(1000);
    server.set_tcp_nodelay(true);
    const int port = options.port != 0
                         ? (server.bind_to_port(options.address, options.port) ? options.port : -1)
                         : server.bind_to_any_port(options.address);
    if (port < 0) {
      throw Error("cannot listen on " + options.address + ", port " + std::to_string(options.port) +
                  ": it is in use or not of this computer; choose another one with --port");
    }
    access = std::make_unique<Access>(access_of(options, port));
    url = "http://" + options.address + ":" + std::to_string(port) + access->prefix();
    guard();
    add_assets();
    add_pictures();
    add_actions();
    add_dropped_files();
    add_events();
  }

  void guard();
  void add_assets();
  void add_pictures();
  void add_actions();
  void add_dropped_files();
  void add_events();
  void stream_events(const httplib::Request&, httplib::Response& response);

  using Answer = std::function<void(const httplib::Request&, httplib::Response&)>;
  /// What a person can mend is told; whatever else goes wrong ends the request alone.
  static Answer or_failure(Answer answer) {
    return [answer = std::move(answer)](const httplib::Request& request, httplib::Response& response) {
      try {
        answer(request, response);
      } catch (const OtherRevision&) {
        send_failure(response, 409, "this image was corrected in another page meanwhile; look at it again");
      } catch (const c10::Error& error) {
        send_failure(response, 500, error.what_without_backtrace());
      } catch (const Error& error) {
        send_failure(response, 422, error.what());
      } catch (const std::exception& error) {
        send_failure(response, 500, error.what());
      }
    };
  }
  /// @param path  regular expression of what follows the token.
  void get(const std::string& path, Answer answer) {
    server.Get("/[0-9a-f]+/" + path, or_failure(std::move(answer)));
  }
  /// The answer is empty but for failures: pages hear of what has changed.
  void post(const std::string& path, const std::function<void(const json& body)>& act) {
    server.Post("/[0-9a-f]+/" + path, or_failure([act](const auto& request, auto& response) {
                  act(body_of(request));
                  send_json(response, json::object());
                }));
  }

  Session& session;
  httplib::Server server;
  std::unique_ptr<Access> access;
  std::string url;
  std::atomic<int> listeners = 0;
};

void StudioServer::Impl::guard() {
  server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    using Handled = httplib::Server::HandlerResponse;
    set_guarding_headers(response);
    switch (access->judge(facts_of(request))) {
      case Access::Answer::kAllowed:
        return Handled::Unhandled;
      case Access::Answer::kForbidden:
        send_failure(response, 403, "this request comes from another page or is meant for another computer");
        break;
      case Access::Answer::kNotFound:
        send_failure(response, 404, "not found; open the address that 'priorseg studio' has printed");
        break;
      case Access::Answer::kAsksPassword:
        response.set_header("WWW-Authenticate", "Basic realm=\"priorseg studio, user priorseg\"");
        send_failure(response, 401, "the password is needed");
        break;
    }
    return Handled::Handled;
  });
  server.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) send_failure(response, response.status, "there is nothing of this name");
  });
}

void StudioServer::Impl::add_assets() {
  for (const auto& asset : studio_assets()) {
    const bool is_page = asset.path == "index.html";
    std::string path;
    for (const char c : asset.path) path += c == '.' ? std::string("\\.") : std::string(1, c);
    get(is_page ? "" : path, [asset, is_page](const auto&, auto& response) {
      response.set_header("Cache-Control", is_page ? "no-store" : "private, max-age=86400");
      response.set_content(std::string(asset.content), std::string(media_type_of(asset.path)));
    });
  }
}

void StudioServer::Impl::add_pictures() {
  get("api/thumbnail/\\d+/(\\d+)", [this](const auto& request, auto& response) {
    send_png(response, session.thumbnail(number_of(request.matches[1]), request.get_param_value("view")));
  });
  get("api/picture/(\\d+)/(\\d+)", [this](const auto& request, auto& response) {
    const auto picture = session.picture(number_of(request.matches[1]), number_of(request.matches[2]),
                                         request.get_param_value("view"));
    send_json(response, {{"width", picture->width()},
                         {"height", picture->height()},
                         {"top_level", picture->top_level()},
                         {"tile", PicturePyramid::kTileSide},
                         {"darkest", picture->darkest()},
                         {"brightest", picture->brightest()}});
  });
  get("api/tile/\\d+/(\\d+)/(\\d+)/(\\d+)/(\\d+)_(\\d+)", [this](const auto& request, auto& response) {
    const auto number = [&](size_t match) { return number_of(request.matches[match]); };
    const auto picture = session.picture(number(1), number(2), request.get_param_value("view"));
    send_png(response, picture->tile(number(3), number(4), number(5), tint_of(request)));
  });
  get("api/preview/(step_\\d+\\.png)", [this](const auto& request, auto& response) {
    send_png(response, session.preview(request.matches[1]));
    response.headers.erase("Cache-Control");  // another training writes the same names
    response.set_header("Cache-Control", "no-store");
  });
  get("api/shapes", [this](const auto&, auto& response) {
    response.set_header("Cache-Control", "no-store");
    response.set_content(session.shapes(), "image/png");
  });
  get("api/objects/(\\d+)", [this](const auto& request, auto& response) {
    response.set_header("Cache-Control", "no-store");
    response.set_content(session.objects(number_of(request.matches[1]), picture_of(request)),
                         "application/json");
  });
  get("api/outlines_in/(\\d+)", [this](const auto& request, auto& response) {
    const auto side = [&](const char* name) { return number_of(request.get_param_value(name)); };
    const PixelBox view{side("x0"), side("y0"), side("x1"), side("y1")};
    response.set_header("Cache-Control", "no-store");
    response.set_content(session.outlines_in(number_of(request.matches[1]), picture_of(request), view),
                         "application/json");
  });
  get("api/outlines/(\\d+)", [this](const auto& request, auto& response) {
    const auto level = json::parse(request.get_param_value("border_level"), nullptr, false);
    if (!level.is_number()) throw Error("'border_level' is no number");
    response.set_header("Cache-Control", "no-store");
    response.set_content(
        session.outlines(number_of(request.matches[1]), picture_of(request), level.template get<double>()),
        "application/json");
  });
}

void StudioServer::Impl::add_actions() {
  get("api/state", [this](const auto&, auto& response) { send_json(response, session.state()); });
  get("api/browse", [this](const auto& request, auto& response) {
    send_json(response, session.browse(request.get_param_value("folder")));
  });
  post("api/open", [this](const json& body) { session.open(text_in(body, "folder")); });
  post("api/choose", [this](const json& body) { session.choose(body); });
  post("api/look", [this](const json&) { session.look(); });
  post("api/learn", [this](const json& body) {
    const auto from = text_or(body, "from", "as before");
    const auto way = from == "corrections" ? LearnFrom::kCorrections
                     : from == "images"    ? LearnFrom::kImagesAlone
                                           : LearnFrom::kAsBefore;
    session.learn(way, body.value("restart", false));
  });
  post("api/outline", [this](const json& body) { session.outline_again(body.value("calibrate", false)); });
  post("api/stop", [this](const json& body) { session.stop(body.value("use", false)); });
  post("api/export", [this](const json&) { session.export_results(); });
  post("api/correct", [this](const json& body) {
    session.correct(body.value("image", int64_t{-1}), body.value("picture", int64_t{0}),
                    body.value("action", json()), body.value("revision", int64_t{-1}));
  });
}

/// Files come in pieces of at most kMostBodyBytes.
void StudioServer::Impl::add_dropped_files() {
  server.Post("/[0-9a-f]+/api/drop", or_failure([this](const auto&, auto& response) {
                const auto drop = session.dropped().begin();
                const auto folder = session.dropped().folder(drop).string();
                send_json(response, {{"drop", drop}, {"folder", utf8_or_escaped(folder)}});
              }));
  server.Post("/[0-9a-f]+/api/dropped", or_failure([this](const auto& request, auto& response) {
                session.dropped().append(request.get_param_value("drop"), request.get_param_value("name"),
                                         number_of(request.get_param_value("offset")), request.body);
                send_json(response, json::object());
              }));
  post("api/dropped_whole", [this](const json& body) {
    session.dropped().finish(text_in(body, "drop"), text_in(body, "name"), body.value("size", int64_t{-1}));
  });
}

void StudioServer::Impl::add_events() {
  get("api/events", [this](const auto& request, auto& response) { stream_events(request, response); });
}

/// Server-sent events: each is what the page has not seen yet.
void StudioServer::Impl::stream_events(const httplib::Request&, httplib::Response& response) {
  if (listeners.fetch_add(1) >= kMostListeners) {
    --listeners;
    send_failure(response, 503, "too many pages look at this studio; close some");
    return;
  }
  response.set_header("Cache-Control", "no-store");
  auto seen = std::make_shared<JobBoard::Cursor>();
  response.set_chunked_content_provider(
      "text/event-stream",
      [this, seen](size_t, httplib::DataSink& sink) {
        const auto news = session.board().news(*seen, kLongestSilence);
        if (session.board().is_closed()) {
          sink.done();
          return true;
        }
        // A comment tells a connection that is gone.
        const std::string text =
            news.is_null() ? ":\n\n"
                           : "data: " + news.dump(-1, ' ', false, json::error_handler_t::replace) + "\n\n";
        std::this_thread::sleep_for(kNewsPause);
        return sink.write(text.data(), text.size());
      },
      [this](bool) { --listeners; });
}

StudioServer::StudioServer(Session& session, const ServerOptions& options)
    : impl_(std::make_unique<Impl>(session, options)) {}

StudioServer::~StudioServer() = default;

const std::string& StudioServer::url() const { return impl_->url; }

void StudioServer::serve(const std::function<bool()>& ends) {
  std::atomic<bool> ended = false;
  std::thread watch([&] {
    while (!ended && !ends()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop();
  });
  impl_->server.listen_after_bind();
  ended = true;
  watch.join();
}

void StudioServer::stop() {
  impl_->session.board().close();
  impl_->server.stop();
}

}  // namespace priorseg
