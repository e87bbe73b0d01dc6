cmake_minimum_required(VERSION 3.25)
project(program_options CXX)
file(GLOB sources "${BOOST}/libs/program_options/src/*.cpp")
list(FILTER sources EXCLUDE REGEX "winmain")
add_library(boost_program_options STATIC ${sources})
target_include_directories(boost_program_options PRIVATE "${CMAKE_INSTALL_PREFIX}/include")  # where deps.sh puts the headers of all of Boost's parts
set_target_properties(boost_program_options PROPERTIES CXX_STANDARD 14)  # uses what C++17 took away
target_compile_definitions(boost_program_options PRIVATE BOOST_ALL_NO_LIB)
install(TARGETS boost_program_options ARCHIVE DESTINATION lib)
