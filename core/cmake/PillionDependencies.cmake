# All third-party code, from Debian 12's packages. What each is for: core/ARCHITECTURE.md.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.74 REQUIRED)                 # headers only: Beast and Asio
find_package(civetweb REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)      # has no version file: never ask for one
find_package(tomlplusplus CONFIG REQUIRED)        # the shared library, never header-only
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(libdeflate REQUIRED IMPORTED_TARGET libdeflate)
if(PILLION_BUILD_TESTS)
  find_package(doctest CONFIG REQUIRED)
endif()
