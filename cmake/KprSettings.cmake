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

# kpr_room(name SOURCES... LINKS ...): one static library for one room. PUBLIC_LINKS are seen by who includes the room's headers.
function(kpr_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;PUBLIC_LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(kpr_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(kpr_${name} PUBLIC "${PROJECT_SOURCE_DIR}/plugin")
  target_link_libraries(kpr_${name} PUBLIC ${ROOM_PUBLIC_LINKS} PRIVATE $<BUILD_INTERFACE:kpr_settings> ${ROOM_PRIVATE_LINKS})
  kpr_precompiled(kpr_${name})
endfunction()
