#include "priorseg/pipeline/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <ctime>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>

#include "priorseg/core/error.h"

namespace priorseg {
namespace fs = std::filesystem;
namespace {

constexpr mode_t kFileMode = 0666;  // less the user's umask
constexpr int kMostTries = 50;
constexpr auto kPause = std::chrono::milliseconds(10);

std::string host_name() {
  char name[256] = "";
  ::gethostname(name, sizeof(name) - 1);
  return name[0] == '\0' ? "this computer" : name;
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local);
  return text;
}

/// Who has the lock, as the lock file tells it: "PROCESS HOST DATE TIME", empty where nobody has.
struct Holder {
  pid_t process = 0;
  std::string host, since;
};

std::optional<Holder> read_holder(int descriptor) {
  char text[512] = "";
  if (::pread(descriptor, text, sizeof(text) - 1, 0) <= 0) return std::nullopt;
  std::istringstream words(text);
  Holder holder;
  std::string date, time;
  if (!(words >> holder.process >> holder.host >> date >> time)) return std::nullopt;
  holder.since = date + " " + time;
  return holder;
}

/// The name of an open file may have been given to another, or to none, by its last holder.
bool is_still_named(int descriptor, const fs::path& path) {
  struct stat opened {
  }, named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

[[noreturn]] void refuse(const fs::path& folder, const std::optional<Holder>& holder,
                         const std::string& more) {
  const std::string who = holder ? "priorseg (process " + std::to_string(holder->process) + " on " +
                                       holder->host + ", since " + holder->since + ")"
                                 : "another process of priorseg";
  throw Error(folder.string() + " is in use by " + who + "; wait for it or give another folder" + more);
}

[[noreturn]] void fail_to_write(const fs::path& folder, int error) {
  throw Error("cannot write into the output folder " + folder.string() + ": " +
              std::generic_category().message(error) + "; give another folder with -o");
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder, const fs::path& own, Means means)
    : folder_(folder), own_(own), file_(own / "lock") {
  std::error_code error;
  if (fs::exists(folder_, error) && !fs::is_directory(folder_, error)) {
    throw Error("the output folder " + folder_.string() +
                " is a file, expected a folder or a name that is free; give another one with -o");
  }
  for (int tries = 0;; ++tries) {
    made_folder_ = fs::create_directories(folder_, error) || made_folder_;
    if (!error) fs::create_directory(own_, error);
    if (error) fail_to_write(folder_, error.value());
    descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode);
    if (descriptor_ >= 0 && take_or_close(means)) break;
    // A holder that ends takes its empty folder away, perhaps just now.
    if (descriptor_ < 0 && (errno != ENOENT || tries == kMostTries)) fail_to_write(folder_, errno);
  }
  write_down();
}

/// False where the file that was locked lies in the folder no more.
bool FolderLock::take_or_close(Means means) {
  try {
    take(means);
    if (is_still_named(descriptor_, file_)) return true;
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
  ::close(descriptor_);
  return false;
}

void FolderLock::take(Means means) {
  if (means == Means::kWrittenDown) return check_written_down();
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) return check_written_down();  // this file system has no such locks
  // The holder writes itself down just after it has the lock.
  auto holder = read_holder(descriptor_);
  for (int tries = 0; !holder && tries < kMostTries; ++tries) {
    std::this_thread::sleep_for(kPause);
    holder = read_holder(descriptor_);
  }
  refuse(folder_, holder, "");
}

void FolderLock::check_written_down() const {
  const auto holder = read_holder(descriptor_);
  if (!holder) return;
  if (holder->host != host_name())
    refuse(folder_, holder, ", or remove " + file_.string() + " if that process has ended");
  const bool alive = ::kill(holder->process, 0) == 0 || errno == EPERM;
  if (alive && holder->process != ::getpid()) refuse(folder_, holder, "");
}

void FolderLock::write_down() const {
  const std::string text = std::to_string(::getpid()) + " " + host_name() + " " + now_text() + "\n";
  const bool written = ::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, text.data(), text.size(),
                                                                    0) == static_cast<ssize_t>(text.size());
  if (written) return;
  const int error = errno;
  ::close(descriptor_);
  fail_to_write(folder_, error);
}

FolderLock::~FolderLock() {
  std::error_code error;
  const auto entries = std::distance(fs::directory_iterator(own_, error), fs::directory_iterator());
  if (entries > 1) {
    std::ignore = ::ftruncate(descriptor_, 0);  // who takes the lock next writes over it in any case
  } else {
    fs::remove(file_, error);
    fs::remove(own_, error);
    if (made_folder_) fs::remove(folder_, error);  // stays where there is something in it
  }
  ::close(descriptor_);
}

}  // namespace priorseg
