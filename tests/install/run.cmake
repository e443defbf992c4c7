# Installs the build into an empty prefix, then builds and runs a small project against what was installed.
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
if(NOT step_output MATCHES "${VERSION}")
  message(FATAL_ERROR "the installed program says '${step_output}', expected version ${VERSION}")
endif()

# The launcher answers that itself; this needs the program behind it.
run_step(${prefix}/bin/priorseg simulate -n 1 --image-size 64x64 -o ${WORK_DIR}/simulated)

# The sources must be found in the prefix only: the project is built outside this checkout.
file(COPY ${CMAKE_CURRENT_LIST_DIR}/project DESTINATION ${WORK_DIR})
run_step(${CMAKE_COMMAND} -S ${WORK_DIR}/project -B ${WORK_DIR}/build -G ${GENERATOR} -D CMAKE_BUILD_TYPE=Release
         "-DCMAKE_PREFIX_PATH=${prefix};${PREFIX_PATH}" -D CMAKE_CXX_COMPILER=${CXX_COMPILER}
         -D EXPECTED_VERSION=${VERSION})
run_step(${CMAKE_COMMAND} --build ${WORK_DIR}/build)
run_step(${WORK_DIR}/build/uses_priorseg ${WORK_DIR}/masks.safetensors)
if(NOT EXISTS ${WORK_DIR}/masks.safetensors)
  message(FATAL_ERROR "the project ran but wrote no file")
endif()
message(STATUS "installed, built against and run in ${WORK_DIR}")
