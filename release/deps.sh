#!/bin/bash
# deps.sh TARGET: builds the static dependencies of one target into $KPR_CACHE/deps-TARGET-HASH and prints that folder.
. "$(dirname "$0")/common.sh"
target=${1:?usage: release/deps.sh TARGET}
jobs=${JOBS:-$(nproc)}
prefix=$KPR_CACHE/deps-$target-$(deps_hash)
if [ -e "$prefix/.complete" ]; then
  echo "$prefix"
  exit 0
fi
zig_setup
zig_wrappers "$target"
"$here/fetch-sources.sh"
export SOURCE_DATE_EPOCH=1700000000
# Built in one folder and moved into place when whole, so that a broken build never looks finished.
# A build that broke off goes on with the first step that is not done, unless what decides the result has changed since.
work=$KPR_CACHE/work-$target
[ "$(cat "$work/hash" 2>/dev/null)" = "$(deps_hash)" ] || rm -rf "$work"
mkdir -p "$work/log" "$work/done"
deps_hash >"$work/hash"
stage=$work/stage
export KPR_DEPS=$stage KPR_PREFIX_MAPS=$work:$KPR_CACHE/sources/unpacked
take() { mkdir -p "$work/src"; rm -rf "$work/src/$1"; cp -a "$KPR_CACHE/sources/unpacked/$1" "$work/src/$1"; }
step() {  # step NAME COMMAND...: quiet unless it fails
  local name=$1 spent
  shift
  [ -e "$work/done/$name" ] && return
  rm -rf "$work/build/$name"
  if ! spent=$(timed "$work/log/$name.log" "$@"); then
    tail -n 40 "$work/log/$name.log" >&2
    die "$name failed for $target; the whole log is $work/log/$name.log"
  fi
  touch "$work/done/$name"
  say "$target: $name ($spent)"
}
cmake_part() {  # cmake_part NAME SOURCE [TARGETS] -- OPTIONS
  local name=$1 source=$2
  shift 2
  cmake -S "$source" -B "$work/build/$name" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$stage" -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "$@" &&
    cmake --build "$work/build/$name" -j "$jobs" && cmake --install "$work/build/$name"
}
os=${target%_*}

build_zlib() { take zlib && cp "$here/parts/zlib.cmake" "$work/src/zlib/CMakeLists.txt" && cmake_part zlib "$work/src/zlib"; }
build_libdeflate() {
  # It asks whether the compiler has the processors' intrinsics. Today's clang says no to what only functions with a target of their own may use,
  # though it compiles them; without them the checksum takes longer than inflating.
  take libdeflate && sed -i 's/__has_builtin(__builtin_[a-z0-9_]*)/1/' "$work/src/libdeflate/lib"/*/cpu_features.h &&
    cp "$here/parts/libdeflate.cmake" "$work/src/libdeflate/CMakeLists.txt" && cmake_part libdeflate "$work/src/libdeflate"
}
build_simdjson() { take simdjson && cp "$here/parts/simdjson.cmake" "$work/src/simdjson/CMakeLists.txt" && cmake_part simdjson "$work/src/simdjson"; }
build_wslay() {
  take aria2 && cp "$here/parts/wslay.cmake" "$work/src/aria2/deps/wslay/CMakeLists.txt" && cmake_part wslay "$work/src/aria2/deps/wslay"
}
build_program_options() {  # Boost's sources are 45,000 files: only the headers are copied
  local boost=$KPR_CACHE/sources/unpacked/boost1.74 dir
  for dir in "$boost"/libs/*/include "$boost"/libs/numeric/*/include; do cp -a "$dir/." "$stage/include/" || return 1; done
  mkdir -p "$work/src/program_options" && cp "$here/parts/program_options.cmake" "$work/src/program_options/CMakeLists.txt" &&
    cmake_part program_options "$work/src/program_options" -DBOOST="$boost"
}
build_openssl() {
  local conf
  case $target in
    linux_amd64) conf=linux-x86_64 ;;
    linux_arm64) conf=linux-aarch64 ;;
    darwin_amd64) conf=darwin64-x86_64-cc ;;
    darwin_arm64) conf=darwin64-arm64-cc ;;
    windows_amd64) conf=mingw64 ;;
  esac
  take openssl && cd "$work/src/openssl" &&
    CC=zcc CXX=zcxx AR=zar RANLIB=zranlib RC=zrc CFLAGS=-Os ./Configure "$conf" no-shared no-dso no-engine no-legacy no-module no-tests \
      no-comp no-idea no-mdc2 no-rc4 no-rc5 no-seed no-camellia no-aria no-bf no-cast no-md4 no-whirlpool no-sm2 no-sm3 no-sm4 \
      no-srp no-psk no-srtp no-dtls no-gost no-cms no-ts no-ct no-rfc3779 no-ocb no-blake2 no-siphash no-scrypt no-des no-dsa no-ssl3 no-afalgeng \
      no-ui-console no-zlib no-sctp \
      --prefix=/nonexistent --openssldir=/nonexistent/ssl --libdir=lib || return 1
  make -j "$jobs" build_generated && make -j "$jobs" libcrypto.a libssl.a &&
    mkdir -p "$stage/lib" "$stage/include" && cp libcrypto.a libssl.a "$stage/lib/" && cp -a include/openssl "$stage/include/"
}
build_nghttp2() {
  local more=()
  [ "$os" = windows ] && more=(-DHAVE_CLOCK_GETTIME=0)
  take nghttp2 && cmake_part nghttp2 "$work/src/nghttp2" -DENABLE_LIB_ONLY=ON -DENABLE_STATIC_LIB=ON -DENABLE_SHARED_LIB=OFF -DENABLE_DOC=OFF \
    -DCMAKE_DISABLE_FIND_PACKAGE_LibXml2=ON "${more[@]}" || return 1
  [ -e "$stage/lib/libnghttp2.a" ] || mv "$stage/lib/libnghttp2_static.a" "$stage/lib/libnghttp2.a"
}
build_curl() {
  local more=()
  case $os in
    linux) more=(-DHAVE_POLL_FINE=1) ;;
    darwin)
      mkdir -p "$work/stub/SystemConfiguration"
      cp "$here/parts/SystemConfiguration.h" "$work/stub/SystemConfiguration/SCDynamicStoreCopySpecific.h"
      more=(-DSYSTEMCONFIGURATION_FRAMEWORK=stub -DCOREFOUNDATION_FRAMEWORK=stub -DHAVE_POLL_FINE=1 "-DCMAKE_C_FLAGS=-I$work/stub")
      ;;
    windows) more=(-DHAVE_IOCTLSOCKET_FIONBIO=1) ;;
  esac
  take curl || return 1
  sed -i '/list(APPEND CURL_LIBS "-framework/d' "$work/src/curl/CMakeLists.txt"
  cmake_part curl "$work/src/curl" -DBUILD_CURL_EXE=OFF -DHTTP_ONLY=ON -DCURL_ENABLE_SSL=ON -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=ON \
    -DENABLE_THREADED_RESOLVER=ON -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DUSE_LIBIDN2=OFF -DCURL_USE_GSSAPI=OFF -DCURL_BROTLI=OFF \
    -DCURL_ZSTD=OFF -DCURL_DISABLE_LDAP=ON -DCURL_DISABLE_LDAPS=ON -DCURL_DISABLE_NTLM=ON -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_HSTS=ON \
    -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DENABLE_MANUAL=OFF -DCURL_WERROR=OFF -DOPENSSL_USE_STATIC_LIBS=ON \
    -DZLIB_LIBRARY="$stage/lib/libz.a" -DZLIB_INCLUDE_DIR="$stage/include" -DOPENSSL_ROOT_DIR="$stage" \
    -DNGHTTP2_LIBRARY="$stage/lib/libnghttp2.a" -DNGHTTP2_INCLUDE_DIR="$stage/include" "${more[@]}" || return 1
  # The package file of this version names the folder that it was built in; CMake's own finder and our list of libraries do without it.
  rm -rf "$stage/lib/cmake/CURL"
}
build_libarchive() {
  local more=() off=()
  [ "$os" = windows ] && more=(-DZLIB_WINAPI_EXITCODE=1 -DZLIB_WINAPI_EXITCODE__TRYRUN_OUTPUT=)
  for part in ACL XATTR LZMA ZSTD LZ4 LZO BZip2 LIBB2 LIBXML2 EXPAT NETTLE OPENSSL CNG ICONV PCREPOSIX MBEDTLS LIBGCC TAR CPIO CAT TEST; do
    off+=("-DENABLE_$part=OFF")
  done
  take libarchive && sed -i 's/-Werror//' "$work/src/libarchive/CMakeLists.txt" && cmake -S "$work/src/libarchive" -B "$work/build/libarchive" -G Ninja \
    -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF -DENABLE_WERROR=OFF "${off[@]}" -DENABLE_ZLIB=ON \
    -DZLIB_LIBRARY="$stage/lib/libz.a" -DZLIB_INCLUDE_DIR="$stage/include" -DPOSIX_REGEX_LIB=NONE "${more[@]}" &&
    cmake --build "$work/build/libarchive" -j "$jobs" --target archive_static || return 1
  cp "$(find "$work/build/libarchive/libarchive" -name 'libarchive*.a' | head -n 1)" "$stage/lib/libarchive.a"
  cp "$work/src/libarchive/libarchive/archive.h" "$work/src/libarchive/libarchive/archive_entry.h" "$stage/include/"
}
build_re2() {
  take re2 && cd "$work/src/re2" || return 1
  local ucd=$KPR_CACHE/sources/unpacked/unicode-data/usr/share/unicode
  # Debian leaves out three files that the scripts of RE2 generate from Unicode's data.
  sed -i "s|^_UNICODE_DIR = .*|_UNICODE_DIR = '$ucd'|" re2/unicode.py
  (cd re2 && python3 make_unicode_casefold.py >unicode_casefold.cc && python3 make_unicode_groups.py >unicode_groups.cc &&
    perl make_perl_groups.pl >perl_groups.cc) || return 1
  cmake_part re2 "$work/src/re2" -DRE2_BUILD_TESTING=OFF
}
build_yaml() { take yaml-cpp && cmake_part yaml-cpp "$work/src/yaml-cpp" -DYAML_CPP_BUILD_TESTS=OFF -DYAML_CPP_BUILD_TOOLS=OFF -DYAML_BUILD_SHARED_LIBS=OFF; }
build_headers() {
  cmake_part fmt "$KPR_CACHE/sources/unpacked/fmtlib" -DFMT_TEST=OFF -DFMT_DOC=OFF &&
    cmake_part json "$KPR_CACHE/sources/unpacked/nlohmann-json3" -DJSON_BuildTests=OFF
}
notices() {
  local out=$stage/THIRD_PARTY_NOTICES name version sha spdx dir file
  printf 'The binary contains the following works, from the source packages of Debian 12.\n' >"$out"
  while read -r name version sha spdx; do
    case $name in '' | '#'* | unicode-data) continue ;; esac
    dir=$KPR_CACHE/sources/unpacked/$name
    [ "$name" = aria2 ] && dir=$dir/deps/wslay && name=wslay && version="1.1.1 (from aria2 $version)"
    for file in LICENSE LICENSE.txt LICENSE.TXT LICENSE.MIT LICENSE.rst LICENSE_1_0.txt COPYING debian/copyright; do
      [ -e "$dir/$file" ] && break
    done
    [ -e "$dir/$file" ] || { echo "no licence text of $name" >&2; return 1; }
    printf '\n%s\n%s %s (%s)\n%s\n\n' "$(printf '=%.0s' {1..100})" "$name" "$version" "$spdx" "$(printf '=%.0s' {1..100})" >>"$out"
    case $name in
      zlib) sed -n '/Copyright (C) 1995/,/^ \*\//p' "$dir/zlib.h" | head -n 25 >>"$out" ;;
      simdjson) cat "$dir/$file" <(echo) "$dir/debian/copyright" >>"$out" ;;  # parts of it have other authors and licences
      *) cat "$dir/$file" >>"$out" ;;
    esac
  done <"$here/sources.txt"
  case $os in
    linux) cat "$(dirname "$ZIG")/lib/libc/musl/COPYRIGHT" >"$work/libc" && printf '\nmusl libc\n\n' | cat - "$work/libc" >>"$out" ;;
  esac
  for file in libcxx libunwind; do
    if [ -e "$(dirname "$ZIG")/lib/$file/LICENSE.TXT" ]; then
      printf '\n%s\n\n' "LLVM $file" >>"$out" && cat "$(dirname "$ZIG")/lib/$file/LICENSE.TXT" >>"$out"
    fi
  done
}

mkdir -p "$stage/lib" "$stage/include"
# Much of the time goes into configuring, and into the compiler's own libraries for C (with zlib) and C++ (with nghttp2), on one processor each;
# two lanes keep both busy.
together() {  # together LANE...: waits for all, so that none is left behind
  local lane broken=
  for lane; do wait "$lane" || broken=1; done
  [ -z "$broken" ] || exit 1
}
(step zlib build_zlib; step libdeflate build_libdeflate; step nghttp2 build_nghttp2) & lane=$!
(step openssl build_openssl) & together $lane $!
(step libarchive build_libarchive; step program_options build_program_options; step wslay build_wslay; step headers build_headers) & lane=$!
(step curl build_curl; step re2 build_re2; step simdjson build_simdjson; step yaml-cpp build_yaml) & together $lane $!
step notices notices
rm -rf "$stage/share/doc" "$prefix"
touch "$stage/.complete"
# Package files name the folder they were installed into.
grep -rlIF "$stage" "$stage/lib" | while read -r file; do sed -i "s|$stage|$prefix|g" "$file"; done || true
mv "$stage" "$prefix"
rm -rf "$work"
echo "$prefix"
