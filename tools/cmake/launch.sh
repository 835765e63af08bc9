#!/bin/sh
# Runs a compiler through ccache: launch.sh CCACHE ROOT COMPILER ARGUMENT…
#
# What includes a precompiled header is hashed with that header. GCC's contain the name of their folder, so that a
# checkout elsewhere would find nothing in the cache; therefore a digest of what the header says is laid beside it, and
# ccache takes that instead (pch_external_checksum).
set -eu
ccache=$1 root=$2
shift 2
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1 CCACHE_PCH_EXTSUM=1
"$ccache" "$@"

out='' last=''
for argument in "$@"; do
  if [ "$last" = -o ]; then out=$argument; fi
  last=$argument
done
case $out in
  *.gch)
    # The digest is that of every file the header is made of, but for the one line of CMake's that names this folder.
    sed -e 's/^[^:]*: *//' -e 's/\\$//' "$out.d" | tr -s ' ' '\n' | grep -v -e '^$' -e '/cmake_pch\.hxx' | xargs cat | sha256sum >"$out.sum"
    ;;
esac
