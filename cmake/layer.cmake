# How the daemon's own code is compiled, beside what all code has (options.cmake).
set(TOKENSYNCD_SMALL_OPTIONS "")
set(TOKENSYNCD_LAYER_OPTIONS "")
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # What a check that finds the same token never runs is compiled for size: resident memory is mostly
  # code.
  list(APPEND TOKENSYNCD_SMALL_OPTIONS -Os)
endif()
if(TOKENSYNCD_WHOLE_PROGRAM)
  list(APPEND TOKENSYNCD_LAYER_OPTIONS -flto=auto -ffat-lto-objects)
endif()

tokensyncd_precompiled(tokensyncd_precompiled_fast core OPTIONS ${TOKENSYNCD_LAYER_OPTIONS})
set(TOKENSYNCD_SMALL_SET tokensyncd_precompiled_fast)
if(TOKENSYNCD_SMALL_OPTIONS)
  set(TOKENSYNCD_SMALL_SET tokensyncd_precompiled_small)
  tokensyncd_precompiled(${TOKENSYNCD_SMALL_SET} core
    OPTIONS ${TOKENSYNCD_SMALL_OPTIONS} ${TOKENSYNCD_LAYER_OPTIONS})
endif()
tokensyncd_precompiled(tokensyncd_precompiled_http http
  LINK OpenSSL::SSL OPTIONS ${TOKENSYNCD_LAYER_OPTIONS})

# tokensyncd_layer(NAME [SMALL] [PRECOMPILED set] SOURCES a.cpp b.cpp [SMALL_SOURCES c.cpp...] LINK other...)
# One static library a folder: the link graph is the rule of who may know whom.
function(tokensyncd_layer name)
  cmake_parse_arguments(LAYER "SMALL" "PRECOMPILED" "SOURCES;SMALL_SOURCES;LINK" ${ARGN})
  if(LAYER_SMALL)
    set(LAYER_PRECOMPILED ${TOKENSYNCD_SMALL_SET})
  elseif(NOT LAYER_PRECOMPILED)
    set(LAYER_PRECOMPILED tokensyncd_precompiled_fast)
  endif()
  add_library(${name} STATIC ${LAYER_SOURCES})
  target_link_libraries(${name} PUBLIC tokensyncd_options ${LAYER_LINK})
  target_compile_options(${name} PRIVATE
    "$<$<BOOL:${LAYER_SMALL}>:${TOKENSYNCD_SMALL_OPTIONS}>" ${TOKENSYNCD_LAYER_OPTIONS})
  tokensyncd_use_precompiled(${name} ${LAYER_PRECOMPILED})
  if(LAYER_SMALL_SOURCES)
    add_library(${name}_small OBJECT ${LAYER_SMALL_SOURCES})
    target_link_libraries(${name}_small PUBLIC tokensyncd_options ${LAYER_LINK})
    target_compile_options(${name}_small PRIVATE
      ${TOKENSYNCD_SMALL_OPTIONS} ${TOKENSYNCD_LAYER_OPTIONS})
    tokensyncd_use_precompiled(${name}_small ${TOKENSYNCD_SMALL_SET})
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}_small>)
  endif()
endfunction()
