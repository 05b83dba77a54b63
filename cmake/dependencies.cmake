# Debian's packages, of 12 (bookworm) and 13 (trixie); the README's table says what each is for.

find_package(Threads REQUIRED)
# Boost's own description of itself: Debian 12 has 1.81 beside its default 1.74, which is too old.
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(date REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
# Names of targets that came with a later release, for the releases before.
foreach(names yaml-cpp::yaml-cpp=yaml-cpp SQLite3::SQLite3=SQLite::SQLite3)
  string(REPLACE "=" ";" names ${names})
  list(GET names 0 now)
  list(GET names 1 before)
  if(NOT TARGET ${now})
    add_library(${now} ALIAS ${before})
  endif()
endforeach()
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

# Debian's modules for Python are known to Debian's Python alone, whichever comes first in PATH.
set(TOKENSYNCD_PYTHON /usr/bin/python3 CACHE FILEPATH "The Python that has Debian's modules")
