# One interface target carries every compile option, so that the precompiled <torch/torch.h> can be shared by all rooms:
# GCC refuses a precompiled header that was made with other options.
add_library(priorseg_build_flags INTERFACE)
target_compile_features(priorseg_build_flags INTERFACE cxx_std_20)
target_compile_options(priorseg_build_flags INTERFACE -Wall -Wextra -fPIC)
if(PRIORSEG_WARNINGS_AS_ERRORS)
  target_compile_options(priorseg_build_flags INTERFACE -Werror)
endif()
if(PRIORSEG_SANITIZE)
  target_compile_options(priorseg_build_flags INTERFACE -fsanitize=${PRIORSEG_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(priorseg_build_flags INTERFACE -fsanitize=${PRIORSEG_SANITIZE})
endif()
target_include_directories(priorseg_build_flags INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
# System include directories: LibTorch's headers do not compile without warnings.
target_include_directories(priorseg_build_flags SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})

# <torch/torch.h> costs 38 s and 770 MB a file; compiled once and shared, a file takes about 5 s.
file(WRITE ${PROJECT_BINARY_DIR}/precompile_torch.cpp "")
add_library(priorseg_torch_header OBJECT ${PROJECT_BINARY_DIR}/precompile_torch.cpp)
target_link_libraries(priorseg_torch_header PRIVATE priorseg_build_flags)
target_precompile_headers(priorseg_torch_header PRIVATE <torch/torch.h>)
