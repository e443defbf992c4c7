#pragma once

#include <filesystem>
#include <optional>

namespace priorseg {

/// The processors that the control groups of this process grant it (docker run --cpus, Kubernetes limits,
/// Slurm): the smallest quota divided by its period, of the process's own group and of those above it, of
/// version 1 or 2. Nothing where there is no limit, or none can be read.
///
/// @param root  where /proc and the paths of the mounts are looked up.
std::optional<double> processors_of_control_group(const std::filesystem::path& root = "/");

}  // namespace priorseg
