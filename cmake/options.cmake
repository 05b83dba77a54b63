# How everything is compiled: the language, the warnings, the sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(TOKENSYNCD_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, comma separated")
option(TOKENSYNCD_FUZZ "Build the fuzz targets (Clang)" OFF)
option(TOKENSYNCD_UNIT_TESTS "Build the tests of single folders beside those of whole programs" ON)

find_program(CCACHE ccache)
if(CCACHE)
  # ccache reads the text behind a precompiled header only so (its manual, "Precompiled headers").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

add_library(tokensyncd_options INTERFACE)
target_include_directories(tokensyncd_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(tokensyncd_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Woverloaded-virtual -Wcast-align -Wunused -Wformat=2)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 at -O2 inlines Asio's allocation of a coroutine's frame, but not its release, and then takes
  # the pair for a mismatch; ASan checks the real thing. GCC 14 and 16 take what an empty std::optional
  # holds for a value that is destroyed (GCC bug 80635).
  target_compile_options(tokensyncd_options INTERFACE
    -Wno-mismatched-new-delete -Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 15)
  # Newer than what CI compiles with: what it says more is to be read, but stops nobody.
  target_compile_options(tokensyncd_options INTERFACE -Wno-error)
endif()
if(TOKENSYNCD_UNITY)
  # What is right in one file is not a fault because another stands beside it: types without linkage in
  # what GCC then takes for a header, and a local name that another file has as well.
  target_compile_options(tokensyncd_options INTERFACE -Wno-shadow
    $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local -Wno-subobject-linkage>)
endif()
target_compile_definitions(tokensyncd_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  # Asio's TLS then waits on the steady clock, without Boost.DateTime.
  BOOST_ASIO_DISABLE_BOOST_DATE_TIME
  # How many frames of coroutines a thread keeps for the next ones; Asio keeps two, a check has nine.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8)

# Links what has just been written in half of GNU ld's time.
find_program(GOLD ld.gold)
if(GOLD AND CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT TOKENSYNCD_SANITIZE)
  add_link_options(-fuse-ld=gold)
endif()

# Not every library that pkg-config or a target names is used by every program.
add_link_options(-Wl,--as-needed)

if(TOKENSYNCD_SANITIZE)
  # Directories, not the interface: every object and every link must agree.
  add_compile_options(-fsanitize=${TOKENSYNCD_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TOKENSYNCD_SANITIZE})
  if(TOKENSYNCD_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  # The same bytes wherever they are built: no name of a folder (ccache makes some relative), and none in
  # debug information either, which isn't shipped but counts in the link's build id.
  add_compile_options(-g0 -ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=../../=)
  # What Debian hardens its own packages with; and only the code that is reached is shipped.
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -ffunction-sections
                      -fdata-sections)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
    add_compile_options(-fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    add_compile_options(-mbranch-protection=standard)
  endif()
  add_compile_definitions(_FORTIFY_SOURCE=2)
  # A layer's objects carry both: the program is optimised as a whole, tests are linked as usual.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(TOKENSYNCD_WHOLE_PROGRAM ON)
    add_link_options("$<$<NOT:$<STREQUAL:$<TARGET_PROPERTY:NAME>,tokensyncd>>:-fno-lto>")
  endif()
  # Relocations of addresses alone take a bit each (DT_RELR): 90 KiB less to load.
  add_link_options(-g0 -Wl,-z,relro,-z,now -Wl,-z,pack-relative-relocs -Wl,--gc-sections)
endif()

if(NOT CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  add_compile_options(-fno-omit-frame-pointer)
endif()

# Debug information of Asio's and Beast's templates is what compiling, linking and the disk pay for.
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-g1)
endif()
