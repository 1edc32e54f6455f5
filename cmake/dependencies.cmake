# Libraries. The system's own (Debian's packages) are preferred; a missing one is downloaded, pinned by
# hash.
include(FetchContent)
find_package(OpenMP REQUIRED COMPONENTS CXX)

# attnbench_dependency(NAME URL SHA256 [find_package arguments])
function(attnbench_dependency name url sha256)
  FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${sha256} FIND_PACKAGE_ARGS ${ARGN})
  FetchContent_MakeAvailable(${name})
endfunction()

set(BENCHMARK_ENABLE_TESTING OFF CACHE INTERNAL "")
set(BENCHMARK_ENABLE_INSTALL OFF CACHE INTERNAL "")
set(HWY_ENABLE_TESTS OFF CACHE INTERNAL "")
set(HWY_ENABLE_EXAMPLES OFF CACHE INTERNAL "")
set(HWY_ENABLE_INSTALL OFF CACHE INTERNAL "")

attnbench_dependency(nlohmann_json
  https://github.com/nlohmann/json/archive/v3.11.2.tar.gz
  d69f9deb6a75e2580465c6c4c5111b89c4dc2fa94e3a85fcd2ffcd9a143d9273)
attnbench_dependency(CLI11
  https://github.com/CLIUtils/CLI11/archive/v2.1.2.tar.gz
  26291377e892ba0e5b4972cdfd4a2ab3bf53af8dac1f4ea8fe0d1376b625c8cb)
attnbench_dependency(benchmark
  https://github.com/google/benchmark/archive/refs/tags/v1.7.1.tar.gz
  6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7)
attnbench_dependency(hwy
  https://github.com/google/highway/archive/1.0.2.tar.gz
  e8ef71236ac0d97f12d553ec1ffc5b6375d57b5f0b860c7447dd69b6ed1072db)
if(NOT TARGET hwy::hwy)
  add_library(hwy::hwy ALIAS hwy)
endif()

# attnbench_file(VARIABLE FILE URL SHA256 FETCHED [find_file arguments]): finds or downloads a file of a
# project that has no CMake package. FETCHED is the file's path in the archive.
function(attnbench_file variable file url sha256 fetched)
  find_file(${variable} ${file} ${ARGN})
  if(${variable})
    return()
  endif()
  # SOURCE_SUBDIR names no folder of the archive, so that CMake configures nothing of it.
  FetchContent_Declare(${variable} URL ${url} URL_HASH SHA256=${sha256} SOURCE_SUBDIR none)
  FetchContent_MakeAvailable(${variable})
  string(TOLOWER ${variable} name)
  set(${variable} ${${name}_SOURCE_DIR}/${fetched} CACHE FILEPATH "${file}" FORCE)
endfunction()

attnbench_file(ATTNBENCH_MUSTACHE kainjow/mustache.hpp
  https://github.com/kainjow/Mustache/archive/refs/tags/v4.1.tar.gz
  acd66359feb4318b421f9574cfc5a511133a77d916d0b13c7caa3783c0bfe167 mustache.hpp)
attnbench_file(ATTNBENCH_CHART_JS chart.js/chart.min.js
  https://github.com/chartjs/Chart.js/releases/download/v3.9.1/chart.js-3.9.1.tgz
  111e0751796f087a51e94dfed910ccfb1278fd30e584a6e48514dba9ae7e72c6 dist/chart.min.js
  PATHS /usr/share/javascript)

# libmd computes the SHA-256 of plugins. It cannot be downloaded like the others, since it has no CMake
# build. Its static library is preferred, so that an installed program does not need the shared one.
find_path(LIBMD_INCLUDE_DIR sha2.h)
find_library(LIBMD_LIBRARY NAMES libmd.a md)
if(NOT LIBMD_INCLUDE_DIR OR NOT LIBMD_LIBRARY)
  message(FATAL_ERROR "libmd (sha2.h and libmd) is missing: install libmd-dev (Debian, Ubuntu), "
    "libmd-devel (Fedora) or libmd (Arch), or set LIBMD_INCLUDE_DIR and LIBMD_LIBRARY")
endif()
add_library(libmd::libmd UNKNOWN IMPORTED)
set_target_properties(libmd::libmd PROPERTIES IMPORTED_LOCATION ${LIBMD_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${LIBMD_INCLUDE_DIR})

attnbench_dependency(Eigen3
  https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.bz2
  b4c198460eba6f28d34894e3a5710998818515104d6e74e5cc331ce31e46e626)

# zlib unpacks the members of npz files.
find_package(ZLIB)
if(NOT ZLIB_FOUND)
  message(FATAL_ERROR "zlib is missing: install zlib1g-dev (Debian, Ubuntu), zlib-devel (Fedora) or zlib (Arch)")
endif()

if(BUILD_TESTING)
  attnbench_dependency(Catch2
    https://github.com/catchorg/Catch2/archive/v2.13.10.tar.gz
    d54a712b7b1d7708bc7a819a8e6e47b2fde9536f487b89ccbca295072a7d9943)
endif()
