# Debian's Torch configuration looks Python up; a pyenv shim in front of it makes that look-up fail.
if(NOT Python_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python_EXECUTABLE /usr/bin/python3)
endif()
set(FPHSA_NAME_MISMATCHED ON)  # no developer's warning about a name inside LibTorch's own files
find_package(Torch REQUIRED)
unset(FPHSA_NAME_MISMATCHED)
# TORCH_LIBRARIES names the targets torch and torch_library, and libc10 by its full path. The target c10 comes with
# them; the path would end up in the installed CMake package.
list(FILTER TORCH_LIBRARIES EXCLUDE REGEX "libc10\\.")
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(OpenCV REQUIRED COMPONENTS core imgproc imgcodecs)
find_package(TIFF REQUIRED)
find_package(nlohmann_json REQUIRED)
if(PRIORSEG_BUILD_PROGRAM)
  find_package(CLI11 REQUIRED)
endif()
if(PRIORSEG_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(PRIORSEG_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
