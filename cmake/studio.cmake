# The studio, a page in the browser that the program serves, needs cpp-httplib for its server and npm for its page.
# Where one of them is missing, or npm cannot fetch what package-lock.json names, the program is built without it.
# Sets PRIORSEG_STUDIO, and PRIORSEG_STUDIO_ASSETS: the source that holds the files of the page.
option(PRIORSEG_BUILD_STUDIO "Build the studio where npm and cpp-httplib are there" ON)
set(PRIORSEG_STUDIO OFF)
set(studio_missing "")
if(NOT PRIORSEG_BUILD_PROGRAM OR NOT PRIORSEG_BUILD_STUDIO)
  set(studio_missing "PRIORSEG_BUILD_STUDIO or PRIORSEG_BUILD_PROGRAM is off")
else()
  find_program(PRIORSEG_NPM npm)
  find_package(PkgConfig QUIET)
  if(PkgConfig_FOUND)
    pkg_check_modules(httplib QUIET IMPORTED_TARGET cpp-httplib)
  endif()
  if(NOT PRIORSEG_NPM)
    set(studio_missing "npm is missing")
  elseif(NOT httplib_FOUND)
    set(studio_missing "cpp-httplib is missing (pkg-config cpp-httplib)")
  endif()
endif()

# The page is built in a copy of web/, so that nothing is written among the sources.
set(studio_web ${PROJECT_BINARY_DIR}/web)
if(NOT studio_missing)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/package-lock.json)
  file(SHA256 ${PROJECT_SOURCE_DIR}/web/package-lock.json wanted_packages)
  set(present_packages "")
  if(EXISTS ${studio_web}/packages.sha256)
    file(READ ${studio_web}/packages.sha256 present_packages)
  endif()
  if(NOT present_packages STREQUAL wanted_packages)
    message(STATUS "Fetching the packages of the studio's page (npm ci)")
    file(COPY ${PROJECT_SOURCE_DIR}/web/package.json ${PROJECT_SOURCE_DIR}/web/package-lock.json DESTINATION ${studio_web})
    execute_process(COMMAND ${PRIORSEG_NPM} ci --ignore-scripts --no-audit --no-fund
                    WORKING_DIRECTORY ${studio_web} RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
    if(failed EQUAL 0)
      file(WRITE ${studio_web}/packages.sha256 ${wanted_packages})
    else()
      set(studio_missing "npm cannot fetch the packages of its page")
      file(WRITE ${studio_web}/npm.log "${said}")
    endif()
  endif()
endif()

if(studio_missing)
  message(STATUS "The studio is left out: ${studio_missing}")
  return()
endif()

set(PRIORSEG_STUDIO ON)
file(GLOB_RECURSE studio_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/web/src/*)
list(APPEND studio_sources ${PROJECT_SOURCE_DIR}/web/index.html ${PROJECT_SOURCE_DIR}/web/vite.config.ts
     ${PROJECT_SOURCE_DIR}/web/tsconfig.json ${PROJECT_SOURCE_DIR}/web/embed.mjs)
set(PRIORSEG_STUDIO_ASSETS ${studio_web}/studio_assets.cpp)
add_custom_command(
  OUTPUT ${PRIORSEG_STUDIO_ASSETS}
  COMMAND ${CMAKE_COMMAND} -E copy ${PROJECT_SOURCE_DIR}/web/index.html ${PROJECT_SOURCE_DIR}/web/vite.config.ts
          ${PROJECT_SOURCE_DIR}/web/tsconfig.json ${PROJECT_SOURCE_DIR}/web/embed.mjs ${studio_web}
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${studio_web}/src
  COMMAND ${CMAKE_COMMAND} -E copy_directory ${PROJECT_SOURCE_DIR}/web/src ${studio_web}/src
  COMMAND ${PRIORSEG_NPM} run --silent build
  COMMAND ${CMAKE_COMMAND} -E chdir ${studio_web} node embed.mjs dist ${PRIORSEG_STUDIO_ASSETS}
  WORKING_DIRECTORY ${studio_web}
  DEPENDS ${studio_sources} ${PROJECT_SOURCE_DIR}/web/package-lock.json
  COMMENT "Building the studio's page"
  VERBATIM)
add_custom_target(priorseg_studio_assets DEPENDS ${PRIORSEG_STUDIO_ASSETS})
