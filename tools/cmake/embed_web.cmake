# Puts the files of web/dist into the library waveforge::web_assets.
#
# Included, it declares the library and, with WF_WEB and a Node that can build the pages, the rule that builds web/dist where it is
# absent or older than its sources. Run with -P, it is that library's generator:
#   cmake -DDIST=web/dist -DOUT=web_assets.cpp -DWORK=scratch/ -P embed_web.cmake
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(wf_web_dir ${CMAKE_SOURCE_DIR}/web)
  set(wf_web_dist ${wf_web_dir}/dist)
  set(wf_web_ready)
  if(WF_WEB)
    find_program(WF_NODE node)
    find_program(WF_NPM npm)
    set(wf_node_version 0)
    if(WF_NODE)
      execute_process(COMMAND ${WF_NODE} --version OUTPUT_VARIABLE wf_node_version OUTPUT_STRIP_TRAILING_WHITESPACE)
      string(REPLACE "v" "" wf_node_version "${wf_node_version}")
    endif()
    if(WF_NPM AND wf_node_version VERSION_GREATER_EQUAL 20.19)
      file(GLOB_RECURSE wf_web_sources CONFIGURE_DEPENDS ${wf_web_dir}/src/* ${wf_web_dir}/public/*)
      file(GLOB wf_web_config CONFIGURE_DEPENDS ${wf_web_dir}/*.html ${wf_web_dir}/*.ts ${wf_web_dir}/tools/*.mjs ${wf_web_dir}/package.json)
      # npm writes this file last, so it is there only after a whole installation.
      add_custom_command(OUTPUT ${wf_web_dir}/node_modules/.package-lock.json
        COMMAND ${WF_NPM} ci --no-audit --no-fund
        COMMAND ${CMAKE_COMMAND} -E touch ${wf_web_dir}/node_modules/.package-lock.json
        DEPENDS ${wf_web_dir}/package-lock.json WORKING_DIRECTORY ${wf_web_dir} COMMENT "Installing what the web pages are built with" VERBATIM)
      add_custom_command(OUTPUT ${wf_web_dist}/index.html
        COMMAND ${WF_NPM} run build
        COMMAND ${CMAKE_COMMAND} -E touch ${wf_web_dist}/index.html
        DEPENDS ${wf_web_sources} ${wf_web_config} ${wf_web_dir}/node_modules/.package-lock.json
        WORKING_DIRECTORY ${wf_web_dir} COMMENT "Building the web pages" VERBATIM)
      set(wf_web_ready ${wf_web_dist}/index.html)
    else()
      message(STATUS "Web pages: Node >= 20.19 with npm not found; what lies in web/dist is used")
    endif()
  endif()

  file(GLOB_RECURSE wf_web_files CONFIGURE_DEPENDS ${wf_web_dist}/*)
  if(wf_web_ready)
    # Hashed names come and go with every build; index.html is touched after all of them were written.
    set(wf_web_files ${wf_web_ready})
  endif()
  string(SHA1 wf_web_names "${wf_web_files}")  # in the command line, so that a file that went away is noticed too
  set(wf_web_out ${CMAKE_BINARY_DIR}/web_assets/web_assets.cpp)
  add_custom_command(OUTPUT ${wf_web_out}
    COMMAND ${CMAKE_COMMAND} -DDIST=${wf_web_dist} -DOUT=${wf_web_out} -DWORK=${CMAKE_BINARY_DIR}/web_assets
            -DNAMES=${wf_web_names} -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${wf_web_files} ${CMAKE_CURRENT_LIST_FILE} COMMENT "Embedding the web pages" VERBATIM)
  add_library(wf_web_assets STATIC ${wf_web_out})
  target_include_directories(wf_web_assets PUBLIC ${CMAKE_SOURCE_DIR}/include)
  add_library(waveforge::web_assets ALIAS wf_web_assets)
  return()
endif()

cmake_policy(VERSION 3.25)
file(MAKE_DIRECTORY ${WORK})
if(NOT EXISTS ${DIST}/index.html)
  set(DIST ${WORK}/without)
  file(MAKE_DIRECTORY ${DIST})
  file(WRITE ${DIST}/index.html [=[<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>WaveForge: page not built</title>
<h1>The server runs; its page was not built</h1>
<p>This executable was built without the web pages. With Node 20.19 or later:</p>
<pre>cd web
npm ci
npm run build</pre>
<p>Then build the server again. Uploads work without the page: see <code>/health</code> and <code>/files/</code>.</p>
</html>
]=])
endif()

set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_txt "text/plain; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_webmanifest "application/manifest+json")
set(type_json "application/json")
set(type_png "image/png")
set(type_ico "image/x-icon")
set(type_woff2 "font/woff2")
set(compressible html js css svg webmanifest json txt)

# Bytes as the elements of an array, 32 to a line.
function(bytes_of file out)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," hex "${hex}")
  set(line "................................................................................................................................................................")
  string(REGEX REPLACE "(${line})" "\\1\n" hex "${hex}")
  set(${out} "${hex}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
set(rows)
foreach(file IN LISTS files)
  string(REGEX REPLACE "\\.html$" "" path "/${file}")
  string(REGEX REPLACE "/index$" "/" path "${path}")
  list(APPEND rows "${path}!${file}")
endforeach()
list(SORT rows COMPARE STRING)

set(arrays)
set(entries)
set(index 0)
foreach(row IN LISTS rows)
  string(REGEX MATCH "^([^!]*)!(.*)$" unused "${row}")
  set(path "${CMAKE_MATCH_1}")
  set(file "${CMAKE_MATCH_2}")
  string(REGEX MATCH "[^.]*$" extension "${file}")
  set(type "application/octet-stream")
  if(DEFINED type_${extension})
    set(type "${type_${extension}}")
  endif()
  set(cache "no-cache")
  if(path MATCHES "^/assets/")
    set(cache "public, max-age=31536000, immutable")
  endif()
  file(SHA256 ${DIST}/${file} digest)
  string(SUBSTRING ${digest} 0 32 digest)
  file(SIZE ${DIST}/${file} size)
  if(size EQUAL 0)
    continue()
  endif()
  bytes_of(${DIST}/${file} body)
  string(APPEND arrays "constexpr unsigned char body_${index}[] = {\n${body}};\n")
  set(gzip "{}")
  if(extension IN_LIST compressible)
    set(packed ${WORK}/packed.gz)
    file(REMOVE ${packed})
    file(ARCHIVE_CREATE OUTPUT ${packed} PATHS ${DIST}/${file} FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)
    file(SIZE ${packed} packed_size)
    math(EXPR saved "${size} - ${packed_size}")
    if(saved GREATER 64)
      bytes_of(${packed} body)
      string(APPEND arrays "constexpr unsigned char gzip_${index}[] = {\n${body}};\n")
      set(gzip "std::as_bytes(std::span{gzip_${index}})")
    endif()
  endif()
  string(APPEND entries "    web_asset{\"${path}\", \"${type}\", \"${cache}\", \"\\\"${digest}\\\"\", std::as_bytes(std::span{body_${index}}), ${gzip}},\n")
  math(EXPR index "${index} + 1")
endforeach()

file(WRITE ${OUT} "// Generated from web/dist by tools/cmake/embed_web.cmake.
#include <array>
#include <waveforge/server/web_assets.hpp>

namespace wf::server {
namespace {
${arrays}}  // namespace

std::span<const web_asset> web_assets() noexcept {
  static const auto assets = std::to_array<web_asset>({
${entries}  });
  return assets;
}

}  // namespace wf::server
")
