#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace priorseg {

/// Calls `write` with a temporary path in the folder of `path` (same extension), then renames the result to
/// `path`. Missing parent folders are made. If `write` throws, the temporary file is removed and `path` is
/// left as it was.
/// @throws Error where the folder cannot be made or the rename fails; whatever `write` throws.
void write_atomically(const std::filesystem::path& path,
                      const std::function<void(const std::filesystem::path& temporary)>& write);

/// Writes `text` to `path` as write_atomically does.
void write_text_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace priorseg
