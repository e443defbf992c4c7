# The install target and the exported CMake package.
