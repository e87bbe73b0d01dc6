# Two INTERFACE targets that only our own code links, privately: language settings and warnings.
add_library(kpr_settings INTERFACE)
target_compile_features(kpr_settings INTERFACE cxx_std_20)
target_compile_options(kpr_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${KPR_DEVELOPER}>:-Werror>)
target_compile_definitions(kpr_settings INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>
  _LIBCPP_ENABLE_CXX17_REMOVED_UNARY_BINARY_FUNCTION)  # Boost 1.74 derives from what C++17 took away

include(KprPrecompiled)

# kpr_room(name SOURCES … ROOMS … PUBLIC_LINKS … PRIVATE_LINKS …): one static library for one room. ROOMS are the rooms it may include, with all that
# those may include; `kpr` is the library. The links are of other people's libraries; PUBLIC_LINKS are seen by who includes the room's headers.
# A room's headers lie beside its sources and are included as "room/header.hpp". They are found through a folder of the build tree that holds a link to
# this room and nothing else, so that an include of a room that is not named does not build.
function(kpr_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;PUBLIC_LINKS;PRIVATE_LINKS" ${ARGN})
  set(includes "${PROJECT_BINARY_DIR}/rooms/${name}")
  file(MAKE_DIRECTORY "${includes}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${includes}/${name}" SYMBOLIC)
  list(TRANSFORM ROOM_ROOMS PREPEND kpr_)
  list(TRANSFORM ROOM_ROOMS REPLACE "^kpr_kpr$" kprparse)
  add_library(kpr_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(kpr_${name} PUBLIC "${includes}")
  target_link_libraries(kpr_${name} PUBLIC ${ROOM_ROOMS} ${ROOM_PUBLIC_LINKS} PRIVATE $<BUILD_INTERFACE:kpr_settings> ${ROOM_PRIVATE_LINKS})
  kpr_precompiled(kpr_${name})
endfunction()
