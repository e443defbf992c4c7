# One interface target carries every compile option, so that the precompiled headers can be shared by all rooms: GCC
# refuses a precompiled header that was made with other options.
add_library(priorseg_build_flags INTERFACE)
target_compile_features(priorseg_build_flags INTERFACE cxx_std_20)
# TORCH_CXX_FLAGS chooses the C++ library ABI that LibTorch was built with.
separate_arguments(torch_flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(priorseg_build_flags INTERFACE -Wall -Wextra -fPIC ${torch_flags})
if(PRIORSEG_WARNINGS_AS_ERRORS)
  target_compile_options(priorseg_build_flags INTERFACE -Werror)
endif()
if(CMAKE_UNITY_BUILD)
  # In the one file that a room is compiled as, GCC takes the anonymous namespaces of its sources for those of headers.
  target_compile_options(priorseg_build_flags INTERFACE -Wno-subobject-linkage)
endif()
if(PRIORSEG_SANITIZE)
  # A finding of any sanitizer ends the program, so that a test cannot pass over it. Instrumented code of the standard
  # library looks to GCC as if it read what is not set.
  target_compile_options(priorseg_build_flags INTERFACE -fsanitize=${PRIORSEG_SANITIZE} -fno-omit-frame-pointer
                                                        -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  target_link_options(priorseg_build_flags INTERFACE -fsanitize=${PRIORSEG_SANITIZE})
endif()
if(PRIORSEG_FUZZ)
  # GCC's counting calls a function (tests/fuzz/coverage.cpp), which counts where libFuzzer looks. Clang does not compile
  # LibTorch 1.13 with GCC's standard library.
  target_compile_options(priorseg_build_flags INTERFACE -fsanitize-coverage=trace-pc,trace-cmp)
endif()
target_include_directories(priorseg_build_flags INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)
# System include directories: LibTorch's headers do not compile without warnings.
target_include_directories(priorseg_build_flags SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
target_link_libraries(priorseg_build_flags INTERFACE nlohmann_json::nlohmann_json)

# Headers that are compiled once and shared. With one file a room (CMAKE_UNITY_BUILD) that is what all rooms read; loading
# more would cost those without networks more than it saves the others. File by file (preset dev), every file of a network
# would take 10 s for the rest of LibTorch.
if(CMAKE_UNITY_BUILD)
  set(priorseg_precompiled_headers <torch/types.h> <nlohmann/json.hpp>)
else()
  set(priorseg_precompiled_headers <torch/torch.h> <nlohmann/json.hpp>)
endif()
function(priorseg_precompile name)
  file(WRITE ${PROJECT_BINARY_DIR}/${name}.cpp "")
  add_library(${name} OBJECT ${PROJECT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE priorseg_build_flags)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()
priorseg_precompile(priorseg_precompiled ${priorseg_precompiled_headers})

# What the rooms need at link time. LINK_ONLY: the libraries' own compile options would keep a target from sharing the
# precompiled header.
add_library(priorseg_link_libraries INTERFACE)
foreach(library ${TORCH_LIBRARIES} ${OpenCV_LIBS} TIFF::TIFF PNG::PNG JPEG::JPEG Minizip::Minizip pugixml::pugixml
        Blosc::Blosc Zstandard::Zstandard ZLIB::ZLIB OpenSlide::OpenSlide OpenMP::OpenMP_CXX)
  target_link_libraries(priorseg_link_libraries INTERFACE $<LINK_ONLY:${library}>)
endforeach()
