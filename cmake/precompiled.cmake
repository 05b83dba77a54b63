# Precompiled headers. Most of a file's compile time goes into Asio and the standard library, which all
# files share. A set is compiled once for all targets that have the same options.
# Without this every file compiles by itself: .ci/tidy looks at files so, and finds missing includes.
option(TOKENSYNCD_PRECOMPILE "Precompile the headers that nearly all files include" ON)

# tokensyncd_precompiled(NAME HEADER [LINK library...] [OPTIONS option...])
# The set NAME of cmake/precompiled/HEADER.hpp.
function(tokensyncd_precompiled name header)
  cmake_parse_arguments(SET "" "" "LINK;OPTIONS" ${ARGN})
  if(TOKENSYNCD_PRECOMPILE)
    set(source ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "// Holds nothing but its precompiled header.\n")
    add_library(${name} OBJECT ${source})
    target_link_libraries(${name} PRIVATE tokensyncd_options Boost::headers ${SET_LINK})
    target_compile_options(${name} PRIVATE ${SET_OPTIONS})
    target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled/${header}.hpp)
  endif()
endfunction()

# tokensyncd_use_precompiled(TARGET NAME)
function(tokensyncd_use_precompiled target name)
  if(TOKENSYNCD_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
