# kpr_test(name SOURCES ... LINKS ...): one Boost.Test executable, one CTest entry. Built only with KPR_BUILD_TESTS.
function(kpr_test name)
  if(NOT KPR_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(T "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
  add_executable(${name} ${T_SOURCES})
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK KPR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${T_LINKS} kpr_settings Boost::unit_test_framework)
  add_test(NAME ${name} COMMAND ${name} --color_output=no)
  # Every unit test also runs under the sanitizers.
  set_tests_properties(${name} PROPERTIES LABELS "sanitize;${T_LABELS}")
endfunction()
