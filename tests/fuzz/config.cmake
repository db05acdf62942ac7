# The fuzz target of the configuration. Needs clang, and the parts built with
#   -DPILLION_FUZZ=ON -DPILLION_SANITIZE=fuzzer-no-link,address,undefined
option(PILLION_FUZZ "Build the libFuzzer targets (needs clang)" OFF)
if(PILLION_FUZZ)
  add_executable(config_fuzz
    ${PROJECT_SOURCE_DIR}/tests/fuzz/config_fuzz.cpp
    ${PROJECT_SOURCE_DIR}/tests/fuzz/config_input.cpp
    ${PROJECT_SOURCE_DIR}/tests/core/config/fake_exporter.cpp)
  target_include_directories(config_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(config_fuzz PRIVATE pillion_config pillion_flags)
  target_link_options(config_fuzz PRIVATE -fsanitize=fuzzer)
endif()
