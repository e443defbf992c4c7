# Installs the build into an empty prefix, then builds and runs the examples against what was installed.
# cmake -D BUILD_DIR= -D WORK_DIR= -D PREFIX_PATH= -D CXX_COMPILER= -D GENERATOR= -D VERSION= -P run.cmake
function(run_step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${result}): ${command}\n${output}")
  endif()
  set(step_output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK_DIR})
set(prefix ${WORK_DIR}/prefix)
run_step(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${prefix})

run_step(${prefix}/bin/priorseg --version)
if(NOT step_output MATCHES "^${VERSION}\n")
  message(FATAL_ERROR "the installed program says '${step_output}', expected version ${VERSION}")
endif()

# The launcher answers that itself; this needs the program behind it.
run_step(${prefix}/bin/priorseg simulate -n 2 --image-size 128x128 -o ${WORK_DIR}/simulated)

# The headers must be found in the prefix only: the examples are built outside this checkout. What priorseg.h does not
# reach is not installed.
if(NOT EXISTS ${prefix}/include/priorseg/priorseg.h OR EXISTS ${prefix}/include/priorseg/detector/loss.h)
  message(FATAL_ERROR "expected priorseg.h and what it includes in ${prefix}/include, and no other header")
endif()
file(COPY ${CMAKE_CURRENT_LIST_DIR}/../../examples DESTINATION ${WORK_DIR})
run_step(${CMAKE_COMMAND} -S ${WORK_DIR}/examples -B ${WORK_DIR}/build -G ${GENERATOR} -D CMAKE_BUILD_TYPE=Release
         "-DCMAKE_PREFIX_PATH=${prefix};${PREFIX_PATH}" -D CMAKE_CXX_COMPILER=${CXX_COMPILER})
run_step(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run_step(${WORK_DIR}/build/train ${WORK_DIR}/simulated/images ${WORK_DIR}/trained 30)
run_step(${WORK_DIR}/build/segment ${WORK_DIR}/trained/model.safetensors ${WORK_DIR}/simulated/images/sim_000.tif
         ${WORK_DIR}/labels.tif)
file(SIZE ${WORK_DIR}/labels.tif size)
if(size EQUAL 0 OR NOT EXISTS ${WORK_DIR}/trained/objects.csv)
  message(FATAL_ERROR "the examples ran but wrote no label map or no table")
endif()
message(STATUS "installed, built against and run in ${WORK_DIR}")
