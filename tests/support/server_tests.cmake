# pillion_server_tests(LABEL FILE... CLASS c AS name [SERIAL] [METHODS m...]): a CTest test
# LABEL/NAME/METHOD for each test method in the files, or each that METHODS names, run as a method of
# class CLASS of the last file. Each starts its own servers; code 77 says that this machine lacks one.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(pillion_server_tests label)
  cmake_parse_arguments(ARG "SERIAL" "CLASS;AS" "METHODS" ${ARGN})
  set(files ${ARG_UNPARSED_ARGUMENTS})
  list(GET files -1 script)
  foreach(file ${files})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    set(methods ${ARG_METHODS})
    if(NOT methods)
      file(STRINGS ${file} methods REGEX "^    def test_")
    endif()
    foreach(method ${methods})
      string(REGEX REPLACE "^ *(def )?(test_[a-z0-9_]+).*" "\\2" method "${method}")
      string(REGEX REPLACE "^test_" "" name "${method}")
      add_test(NAME ${label}/${ARG_AS}/${name}
        COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/${script}
                ${ARG_CLASS}.${method})
      set_tests_properties(${label}/${ARG_AS}/${name} PROPERTIES
        LABELS "${label}" TIMEOUT 300 SKIP_RETURN_CODE 77 RUN_SERIAL ${ARG_SERIAL}
        ENVIRONMENT "PILLION_TEST_MODULES=${PROJECT_BINARY_DIR}/tests/integration/modules;PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/support;PILLION_TEST_BINARY=$<TARGET_FILE:pillion>;PILLION_TEST_BUILD_TYPE=$<CONFIG>;PILLION_TEST_SANITIZE=${PILLION_SANITIZE}")
    endforeach()
  endforeach()
endfunction()
