# The install target and the exported CMake package: find_package(priorseg) gives priorseg::priorseg.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/priorseg)

priorseg_find_public_headers(public_headers)
list(TRANSFORM public_headers PREPEND ${PROJECT_SOURCE_DIR}/src/)
target_sources(priorseg PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${public_headers})
# Static unless BUILD_SHARED_LIBS is on. Before 1.0 every minor version may change the interface.
set_target_properties(priorseg PROPERTIES VERSION ${PROJECT_VERSION}
                                          SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
install(TARGETS priorseg EXPORT priorseg_targets FILE_SET HEADERS)
install(EXPORT priorseg_targets NAMESPACE priorseg:: FILE priorsegTargets.cmake DESTINATION ${package_folder})

configure_package_config_file(cmake/priorsegConfig.cmake.in ${PROJECT_BINARY_DIR}/priorsegConfig.cmake
                              INSTALL_DESTINATION ${package_folder} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/priorsegConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/priorsegConfig.cmake ${PROJECT_BINARY_DIR}/priorsegConfigVersion.cmake
              cmake/FindMinizip.cmake cmake/FindBlosc.cmake cmake/FindZstandard.cmake cmake/FindOpenSlide.cmake
        DESTINATION ${package_folder})
# The component `program` is what packaging/ packs: the program without the library.
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)

if(PRIORSEG_BUILD_PROGRAM)
  if(BUILD_SHARED_LIBS)
    file(RELATIVE_PATH library_folder ${CMAKE_INSTALL_FULL_LIBEXECDIR}/priorseg ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(priorseg_program PROPERTIES INSTALL_RPATH $ORIGIN/${library_folder})
  endif()
  set_target_properties(priorseg_program PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS priorseg_program DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/priorseg COMPONENT program)
  install(TARGETS priorseg_launcher COMPONENT program)
endif()
