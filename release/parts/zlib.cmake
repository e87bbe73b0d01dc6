cmake_minimum_required(VERSION 3.25)
project(zlib C)
# zlib takes macOS for classic Mac OS and then defines fdopen away; naming the macro keeps the real one.
add_library(z STATIC adler32.c compress.c crc32.c deflate.c gzclose.c gzlib.c gzread.c gzwrite.c infback.c inffast.c inflate.c inftrees.c
  trees.c uncompr.c zutil.c)
if(NOT WIN32)
  target_compile_definitions(z PRIVATE HAVE_UNISTD_H _LARGEFILE64_SOURCE=1)
endif()
if(APPLE)
  target_compile_definitions(z PRIVATE fdopen=fdopen)
endif()
install(TARGETS z ARCHIVE DESTINATION lib)
install(FILES zlib.h zconf.h DESTINATION include)
