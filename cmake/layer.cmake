# tokensyncd_layer(NAME [SMALL] SOURCES a.cpp b.cpp [SMALL_SOURCES c.cpp...] LINK other...)
# One static library a folder: the link graph is the rule of who may know whom.
function(tokensyncd_layer name)
  cmake_parse_arguments(LAYER "SMALL" "" "SOURCES;SMALL_SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${LAYER_SOURCES} ${LAYER_SMALL_SOURCES})
  target_link_libraries(${name} PUBLIC tokensyncd_options ${LAYER_LINK})
  # What a check that finds the same token never runs is compiled for size: resident memory is mostly
  # code.
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    if(LAYER_SMALL)
      target_compile_options(${name} PRIVATE -Os)
    endif()
    set_source_files_properties(${LAYER_SMALL_SOURCES} PROPERTIES COMPILE_OPTIONS -Os)
  endif()
  if(TOKENSYNCD_WHOLE_PROGRAM)
    target_compile_options(${name} PRIVATE -flto=auto -ffat-lto-objects)
  endif()
endfunction()
