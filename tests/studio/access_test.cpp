#include "priorseg/studio/access.h"

#include <gtest/gtest.h>

#include <set>

#include "priorseg/core/error.h"

namespace priorseg::test {
namespace {

using Answer = Access::Answer;

const Access& own_access() {
  static const Access access("0123456789abcdef0123456789abcdef", 4321);
  return access;
}

RequestFacts good_request() {
  RequestFacts request;
  request.method = "GET";
  request.path = own_access().prefix() + "api/state";
  request.host = "127.0.0.1:4321";
  return request;
}

TEST(Access, LetsTheOwnPageIn) {
  auto request = good_request();
  EXPECT_EQ(own_access().judge(request), Answer::kAllowed);
  request.host = "localhost:4321";
  EXPECT_EQ(own_access().judge(request), Answer::kAllowed);
  request.method = "POST";
  request.origin = "http://localhost:4321";
  request.fetch_site = "same-origin";
  request.content_type = "application/json";
  EXPECT_EQ(own_access().judge(request), Answer::kAllowed);
}

TEST(Access, HasNothingWithoutTheToken) {
  auto request = good_request();
  for (const char* path :
       {"/", "/api/state", "/0123456789abcdef0123456789abcdee/api/state", "", "/0123456789abcdef"}) {
    request.path = path;
    EXPECT_EQ(own_access().judge(request), Answer::kNotFound) << path;
  }
}

TEST(Access, RefusesNamesThatOthersPointHere) {
  auto request = good_request();
  for (const char* host :
       {"evil.example:4321", "evil.example", "127.0.0.1", "127.0.0.1:80", "", "127.0.0.1:43210"}) {
    request.host = host;
    EXPECT_EQ(own_access().judge(request), Answer::kForbidden) << host;
  }
}

TEST(Access, RefusesOtherOriginsAndSites) {
  auto request = good_request();
  for (const char* origin :
       {"http://evil.example", "null", "https://127.0.0.1:4321", "http://127.0.0.1:4322"}) {
    request.origin = origin;
    EXPECT_EQ(own_access().judge(request), Answer::kForbidden) << origin;
  }
  request.origin.clear();
  for (const char* site : {"cross-site", "same-site"}) {
    request.fetch_site = site;
    EXPECT_EQ(own_access().judge(request), Answer::kForbidden) << site;
  }
}

TEST(Access, RefusesWhatAFormCouldSend) {
  auto request = good_request();
  request.method = "POST";
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"}) {
    request.content_type = type;
    EXPECT_EQ(own_access().judge(request), Answer::kForbidden) << type;
  }
}

TEST(Access, AsksOthersForThePassword) {
  const Access access("ab", 80, "correct horse");
  RequestFacts request;
  request.method = "GET";
  request.path = "/ab/";
  request.host = "microscope.example";
  EXPECT_EQ(access.judge(request), Answer::kAsksPassword);
  request.authorization = "Basic cHJpb3JzZWc6d3JvbmcgaG9yc2U=";  // priorseg:wrong horse
  EXPECT_EQ(access.judge(request), Answer::kAsksPassword);
  request.authorization = "Basic cHJpb3JzZWc6Y29ycmVjdCBob3JzZQ==";  // priorseg:correct horse
  EXPECT_EQ(access.judge(request), Answer::kAllowed);
  request.path = "/ac/";
  EXPECT_EQ(access.judge(request), Answer::kNotFound);
}

TEST(Access, WantsAPasswordThatIsNotGuessedAtOnce) { EXPECT_THROW(Access("ab", 80, "1234567"), Error); }

TEST(Token, Is32DigitsAndAnotherOneEachTime) {
  std::set<std::string> tokens;
  for (int i = 0; i < 100; ++i) {
    const auto token = make_token();
    EXPECT_EQ(token.size(), 32U);
    EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    tokens.insert(token);
  }
  EXPECT_EQ(tokens.size(), 100U);
}

}  // namespace
}  // namespace priorseg::test
