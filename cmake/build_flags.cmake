# One interface target carries every compile option, so that the precompiled <torch/torch.h> can be shared by all rooms
# and tests: GCC refuses a precompiled header that was made with other options.
add_library(priorseg_build_flags INTERFACE)
target_compile_features(priorseg_build_flags INTERFACE cxx_std_20)
# TORCH_CXX_FLAGS chooses the C++ library ABI that LibTorch was built with.
separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(priorseg_build_flags INTERFACE -Wall -Wextra -fPIC ${torch_flags})
if(PRIORSEG_WARNINGS_AS_ERRORS)
  target_compile_options(priorseg_build_flags INTERFACE -Werror)
endif()
if(PRIORSEG_SANITIZE)
  # A finding of any sanitizer ends the program, so that a test cannot pass over it.
  target_compile_options(priorseg_build_flags INTERFACE -fsanitize=${PRIORSEG_SANITIZE} -fno-omit-frame-pointer
                                                        -fno-sanitize-recover=all)
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

# What the rooms need at link time. LINK_ONLY: the libraries' own compile options would keep a target from sharing the
# precompiled header.
add_library(priorseg_link_libraries INTERFACE)
foreach(library ${TORCH_LIBRARIES} ${OpenCV_LIBS} TIFF::TIFF OpenMP::OpenMP_CXX)
  target_link_libraries(priorseg_link_libraries INTERFACE $<LINK_ONLY:${library}>)
endforeach()
