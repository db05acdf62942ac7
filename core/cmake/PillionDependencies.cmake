# All third-party code, from Debian 12's packages. What each is for: core/ARCHITECTURE.md.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.74 REQUIRED)                 # headers only: Beast and Asio
find_package(civetweb REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)      # has no version file: never ask for one
find_package(tomlplusplus CONFIG REQUIRED)        # the shared library, never header-only
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)

# zstd as the static library: few clients ask for it, and a shared one would cost every sidecar its
# relocations.
find_library(PILLION_ZSTD NAMES libzstd.a REQUIRED)
add_library(pillion_zstd INTERFACE)
target_link_libraries(pillion_zstd INTERFACE ${PILLION_ZSTD})

# RE2 as the static library: only filters use it, and a shared one would cost every sidecar its
# relocations.
find_library(PILLION_RE2 NAMES libre2.a REQUIRED)
add_library(pillion_re2 INTERFACE)
target_link_libraries(pillion_re2 INTERFACE ${PILLION_RE2} Threads::Threads)
if(PILLION_BUILD_TESTS)
  find_package(doctest CONFIG REQUIRED)
endif()
