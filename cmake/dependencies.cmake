# Debian 12's packages; the README's table says what each is for.

find_package(Threads REQUIRED)
# By name, as Debian's 1.81 stands beside its default 1.74. CMake 3.25 doesn't know 1.81's
# components yet and says so at length.
set(Boost_NO_WARN_NEW_VERSIONS ON)
set(_Boost_URL_HEADERS boost/url.hpp)
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS json url)
find_package(OpenSSL 3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(date REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(SQLite3 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

# Debian's modules for Python are known to Debian's Python alone, whichever comes first in PATH.
set(TOKENSYNCD_PYTHON /usr/bin/python3 CACHE FILEPATH "The Python that has Debian's modules")
