# What nearly every file includes of the standard library, fmt and nlohmann/json is read once and kept as a precompiled header. Our own headers are
# not in it: a change of one of them builds what includes it, no more. Files still include what they use: preset `release`, which CI builds, does
# without and shows what is missing; so does who takes the library as a subproject.
option(KPR_PRECOMPILED "Precompile the headers of others" ${PROJECT_IS_TOP_LEVEL})
if(NOT KPR_PRECOMPILED)
  function(kpr_precompiled target)
  endfunction()
  return()
endif()
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/precompiled.cpp" CONTENT "")
add_library(kpr_precompiled OBJECT "${PROJECT_BINARY_DIR}/precompiled.cpp")
target_link_libraries(kpr_precompiled PRIVATE kpr_settings fmt::fmt nlohmann_json::nlohmann_json)
target_precompile_headers(kpr_precompiled PRIVATE <algorithm> <array> <charconv> <chrono> <filesystem> <fstream> <functional> <map> <memory> <optional> <set>
  <string> <string_view> <vector> <fmt/format.h> <nlohmann/json.hpp>)
# g++ forgets that precompiled code is a system's: these warnings then speak of the inside of std::string.
target_compile_options(kpr_settings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds>)
# What clang makes of equal headers is equal, so that the compiler's cache finds it.
target_compile_options(kpr_precompiled PRIVATE "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")

function(kpr_precompiled target)
  target_precompile_headers(${target} REUSE_FROM kpr_precompiled)
  target_compile_definitions(${target} PRIVATE $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)  # what the header was compiled with
endfunction()
