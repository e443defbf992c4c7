#include "priorseg/core/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/error_message.h"
#include "support/temporary_folder.h"
#include "support/text_file.h"

namespace priorseg {
namespace {

namespace fs = std::filesystem;
using test::error_message;
using test::read_text;
using test::write_text;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(AtomicFile, WritesTheFileAndNothingElse) {
  const test::TemporaryFolder folder;
  write_text_atomically(folder / "a.txt", std::string_view("one\0two", 7));
  EXPECT_EQ(read_text(folder / "a.txt"), std::string("one\0two", 7));
  EXPECT_THAT(folder.files(), ElementsAre("a.txt"));
}

TEST(AtomicFile, ReplacesAnOlderFileWhole) {
  const test::TemporaryFolder folder;
  write_text_atomically(folder / "a.txt", "a long text");
  write_text_atomically(folder / "a.txt", "new");
  EXPECT_EQ(read_text(folder / "a.txt"), "new");
  EXPECT_THAT(folder.files(), ElementsAre("a.txt"));
}

TEST(AtomicFile, MakesMissingParentFolders) {
  const test::TemporaryFolder folder;
  write_text_atomically(folder / "deep" / "er" / "a.txt", "text");
  EXPECT_THAT(folder.files(), ElementsAre("deep/er/a.txt"));
}

TEST(AtomicFile, TemporaryFileStandsBesideTheFileWithItsExtension) {
  const test::TemporaryFolder folder;
  write_atomically(folder / "image.ome.tif", [&](const fs::path& temporary) {
    EXPECT_EQ(temporary.parent_path(), folder.path());
    EXPECT_EQ(temporary.extension(), ".tif");
    EXPECT_EQ(temporary.filename().string().front(), '.');
    EXPECT_FALSE(fs::exists(folder / "image.ome.tif"));
    write_text(temporary, "pixels");
  });
  EXPECT_THAT(folder.files(), ElementsAre("image.ome.tif"));
}

TEST(AtomicFile, TakesTheLongestNameThatTheFolderTakes) {
  const test::TemporaryFolder folder;
  const std::string name = std::string(251, 'n') + ".tif";
  write_text_atomically(folder / name, "text");
  write_text_atomically(folder / ("x." + std::string(253, 'e')), "text");
  EXPECT_THAT(folder.files(), ElementsAre(name, "x." + std::string(253, 'e')));
}

TEST(AtomicFile, TwoFilesOfOneFolderHaveTemporaryFilesOfTheirOwn) {
  const test::TemporaryFolder folder;
  PartialFile a(folder / "a.tif"), b(folder / "b.tif");
  EXPECT_NE(a.temporary(), b.temporary());
}

/// A process that has ended.
pid_t ended_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(AtomicFile, LeftoversOfEndedProcessesAreRemovedAndNothingElse) {
  const test::TemporaryFolder folder;
  const std::string ended = std::to_string(ended_process()), parent = std::to_string(::getppid());
  for (const std::string& name :
       {".partial-" + ended + "-0a1b2c3d-7.tif", ".a.b.partial-" + ended + ".tif", ".a.partial-" + ended,
        ".partial-" + std::to_string(::getpid()) + "-0a1b2c3d-7.csv"})
    write_text(folder / name, "half");
  const std::string of_another = ".a.partial-" + parent + ".tif";
  const std::vector<std::string> kept = {of_another, ".a.partial-1x.tif", ".a.partial-.tif",
                                         "a.partial-" + ended + ".tif", ".a.tif"};
  for (const auto& name : kept) write_text(folder / name, "the user's");
  const auto half_folder = folder / (".b.partial-" + ended + ".zarr");
  fs::create_directory(half_folder);
  write_text(half_folder / "a", "half");
  EXPECT_EQ(remove_partial_files(folder.path()), 5);
  EXPECT_FALSE(fs::exists(half_folder));
  EXPECT_THAT(folder.files(), testing::UnorderedElementsAreArray(kept));
  EXPECT_EQ(remove_partial_files(folder / "none"), 0);
}

TEST(AtomicFile, FailureLeavesTheOldFileAndNoTemporaryOne) {
  const test::TemporaryFolder folder;
  write_text(folder / "a.txt", "old");
  const auto fail_half_way = [](const fs::path& temporary) {
    write_text(temporary, "half");
    throw Error("disk is full");
  };
  EXPECT_EQ(error_message([&] { write_atomically(folder / "a.txt", fail_half_way); }), "disk is full");
  EXPECT_EQ(read_text(folder / "a.txt"), "old");
  EXPECT_THAT(folder.files(), ElementsAre("a.txt"));
}

TEST(AtomicFile, FailureBeforeTheFirstByteLeavesNothing) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(write_atomically(folder / "a.txt", [](const fs::path&) { throw std::bad_alloc(); }),
               std::bad_alloc);
  EXPECT_THAT(folder.files(), IsEmpty());
}

TEST(AtomicFile, FolderReplacesAFolderAsAWhole) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "store");
  write_text(folder / "store" / "old", "old");
  PartialFile store(folder / "store");
  fs::create_directory(store.temporary());
  write_text(store.temporary() / "new", "new");
  EXPECT_TRUE(fs::exists(folder / "store" / "old"));
  store.commit();
  EXPECT_FALSE(fs::exists(folder / "store" / "old"));
  EXPECT_EQ(read_text(folder / "store" / "new"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFile, NameOfAFolderIsAnErrorThatNamesIt) {
  const test::TemporaryFolder folder;
  fs::create_directories(folder / "taken" / "inside");
  EXPECT_THAT(error_message([&] { write_text_atomically(folder / "taken", "text"); }),
              HasSubstr("cannot write " + (folder / "taken").string()));
  EXPECT_THAT(folder.files(), IsEmpty());
  EXPECT_TRUE(fs::exists(folder / "taken" / "inside"));
}

TEST(AtomicFile, FileInPlaceOfAFolderIsAnErrorThatNamesIt) {
  const test::TemporaryFolder folder;
  write_text(folder / "taken", "text");
  EXPECT_THAT(error_message([&] { write_text_atomically(folder / "taken" / "a.txt", "text"); }),
              HasSubstr("cannot make the folder " + (folder / "taken").string()));
  EXPECT_EQ(read_text(folder / "taken"), "text");
}

}  // namespace
}  // namespace priorseg
