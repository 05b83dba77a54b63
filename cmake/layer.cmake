# How the daemon's own code is compiled, beside what all code has (options.cmake).
set(TOKENSYNCD_FAST_OPTIONS "")
if(TOKENSYNCD_WHOLE_PROGRAM)
  list(APPEND TOKENSYNCD_FAST_OPTIONS -flto=auto -ffat-lto-objects)
endif()
# What a check that finds the same token never runs is compiled for size: resident memory is mostly
# code.
set(TOKENSYNCD_SMALL_OPTIONS ${TOKENSYNCD_FAST_OPTIONS})
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  list(PREPEND TOKENSYNCD_SMALL_OPTIONS -Os)
endif()

foreach(kind fast small)
  string(TOUPPER ${kind} KIND)
  foreach(header std core)
    tokensyncd_precompiled(tokensyncd_precompiled_${kind}_${header} ${header}
      OPTIONS ${TOKENSYNCD_${KIND}_OPTIONS})
  endforeach()
endforeach()
tokensyncd_precompiled(tokensyncd_precompiled_fast_http http
  LINK OpenSSL::SSL OPTIONS ${TOKENSYNCD_FAST_OPTIONS})
if(NOT TOKENSYNCD_UNITY)
  # Where each file of sync/ is compiled by itself, its own headers are most of the work.
  foreach(kind fast small)
    string(TOUPPER ${kind} KIND)
    tokensyncd_precompiled(tokensyncd_precompiled_${kind}_sync sync
      LINK tokensyncd_runtime tokensyncd_config OPTIONS ${TOKENSYNCD_${KIND}_OPTIONS})
  endforeach()
endif()

# tokensyncd_layer(NAME [SMALL] [PRECOMPILED header] SOURCES a.cpp b.cpp [SMALL_SOURCES c.cpp...]
#                  LINK other...)
# One static library a folder: the link graph is the rule of who may know whom. SMALL: compiled for
# size, as SMALL_SOURCES are. PRECOMPILED: std, core (the default), http or sync.
function(tokensyncd_layer name)
  cmake_parse_arguments(LAYER "SMALL" "PRECOMPILED" "SOURCES;SMALL_SOURCES;LINK" ${ARGN})
  if(NOT LAYER_PRECOMPILED OR (LAYER_PRECOMPILED STREQUAL "sync" AND TOKENSYNCD_UNITY))
    set(LAYER_PRECOMPILED core)
  endif()
  add_library(${name} STATIC ${LAYER_SOURCES})
  target_link_libraries(${name} PUBLIC tokensyncd_options ${LAYER_LINK})
  if(LAYER_SMALL)
    target_compile_options(${name} PRIVATE ${TOKENSYNCD_SMALL_OPTIONS})
    tokensyncd_use_precompiled(${name} tokensyncd_precompiled_small_${LAYER_PRECOMPILED})
  else()
    target_compile_options(${name} PRIVATE ${TOKENSYNCD_FAST_OPTIONS})
    tokensyncd_use_precompiled(${name} tokensyncd_precompiled_fast_${LAYER_PRECOMPILED})
  endif()
  if(LAYER_SMALL_SOURCES)
    add_library(${name}_small OBJECT ${LAYER_SMALL_SOURCES})
    target_link_libraries(${name}_small PUBLIC tokensyncd_options ${LAYER_LINK})
    target_compile_options(${name}_small PRIVATE ${TOKENSYNCD_SMALL_OPTIONS})
    string(REPLACE http core header ${LAYER_PRECOMPILED}) # there is no small http
    tokensyncd_use_precompiled(${name}_small tokensyncd_precompiled_small_${header})
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:${name}_small>)
  endif()
endfunction()
