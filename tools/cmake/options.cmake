option(WF_TESTS "Build the test suites" OFF)
option(WF_BENCH "Build the benchmarks" OFF)
option(WF_FUZZ "Build the fuzz targets (clang)" OFF)
option(WF_WEB "Build the web pages with npm when web/dist is absent or older" OFF)
option(WF_COVERAGE "Count line coverage" OFF)
option(WF_PURE_ONLY "Build only the rooms that need neither Boost nor liburing" OFF)
set(WF_SANITIZE "" CACHE STRING "Value of -fsanitize=")

find_program(WF_CCACHE ccache)
if(WF_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_CURRENT_LIST_DIR}/launch.sh ${WF_CCACHE} ${CMAKE_SOURCE_DIR})
endif()
find_program(WF_MOLD mold)
if(WF_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT WF_COVERAGE)
  add_link_options(-fuse-ld=mold)
endif()

add_library(wf_flags INTERFACE)
target_compile_options(wf_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Woverloaded-virtual
  -Wnon-virtual-dtor -Werror -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside coroutine frames and inlined standard library code where there is nothing to report.
  target_compile_options(wf_flags INTERFACE -fcoroutines -fpch-preprocess
    -Wno-maybe-uninitialized -Wno-mismatched-new-delete -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict -Wno-dangling-pointer)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_options(-O1)  # plain -O0 is three times slower under the sanitizers
endif()
# liburing, RocksDB's and spdlog's headers are not written for -Wconversion; they come in as SYSTEM headers.
target_compile_definitions(wf_flags INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE _FILE_OFFSET_BITS=64)
# Coroutine frames through operator new: glibc's aligned_alloc, Asio's choice, takes its slow way each time, and no frame of
# ours wants more than malloc's alignment.
target_compile_definitions(wf_flags INTERFACE BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN)
if(WF_SANITIZE)
  # Lines are what a report needs; the rest of the debug information doubles what is written and linked.
  target_compile_options(wf_flags INTERFACE -g1 -fsanitize=${WF_SANITIZE} -fno-sanitize-recover=all)
  if(WF_SANITIZE MATCHES "undefined")
    # A null pointer faults without help, and asking before each use of a pointer doubles the time of the build.
    target_compile_options(wf_flags INTERFACE -fno-sanitize=null,vptr,object-size)
  endif()
  string(REPLACE "fuzzer-no-link," "" WF_SANITIZE_LINK "${WF_SANITIZE}")
  target_link_options(wf_flags INTERFACE -fsanitize=${WF_SANITIZE_LINK})
  if(WF_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(wf_flags INTERFACE -Wno-tsan)
  endif()
endif()
if(CMAKE_UNITY_BUILD)
  # Says nothing about the sources themselves: a type without linkage in what an included source defines.
  target_compile_options(wf_flags INTERFACE -Wno-subobject-linkage)
endif()
if(WF_COVERAGE)
  target_compile_options(wf_flags INTERFACE --coverage)
  target_link_options(wf_flags INTERFACE --coverage)
endif()
