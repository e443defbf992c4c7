#include "priorseg/core/observer.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/recording_observer.h"

namespace priorseg::test {
namespace {

TEST(Observer, NobodyListensAndNeverStops) {
  nobody().progress({"train", 1, 2, {}});
  nobody().warn("nothing happens");
  EXPECT_FALSE(nobody().stop_requested());
  EXPECT_NO_THROW(nobody().check_stop());
}

TEST(Observer, MessagesCarryTheirLevel) {
  RecordingObserver observer;
  observer.info("a");
  observer.warn("b");
  observer.error("c");
  using Message = std::pair<MessageLevel, std::string>;
  EXPECT_EQ(observer.messages,
            (std::vector<Message>{
                {MessageLevel::kInfo, "a"}, {MessageLevel::kWarning, "b"}, {MessageLevel::kError, "c"}}));
}

TEST(Observer, StopPassesByWhatHandlesFailures) {
  RecordingObserver observer([](int64_t question) { return question >= 1; });
  EXPECT_NO_THROW(observer.check_stop());
  const auto careful = [&] {
    try {
      observer.check_stop();
    } catch (const std::exception&) {
      return;  // as code does that goes on after a broken image
    }
  };
  EXPECT_THROW(careful(), Stopped);
}

}  // namespace
}  // namespace priorseg::test
