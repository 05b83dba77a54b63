# The library tokensyncd_version (daemon/model/version.hpp). Included, it adds the library; run as a
# script at each build, it writes the library's source anew, which changes only when the commit does.

if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(
    COMMAND git describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT REVISION)
    set(REVISION unknown)
  endif()
  configure_file(${CMAKE_CURRENT_LIST_DIR}/version.cpp.in ${OUTPUT} @ONLY)
  return()
endif()

set(version_source ${PROJECT_BINARY_DIR}/generated/version.cpp)
add_custom_target(tokensyncd_revision
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DVERSION=${PROJECT_VERSION}
          -DOUTPUT=${version_source} -P ${CMAKE_CURRENT_LIST_FILE}
  BYPRODUCTS ${version_source}
  COMMENT "")
add_library(tokensyncd_version STATIC ${version_source})
target_link_libraries(tokensyncd_version PRIVATE tokensyncd_options)
add_dependencies(tokensyncd_version tokensyncd_revision)
