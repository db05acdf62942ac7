# The configuration as a whole, with all of its sources instrumented.
get_target_property(folder pillion_config SOURCE_DIR)
get_target_property(sources pillion_config SOURCES)
list(TRANSFORM sources PREPEND ${folder}/)
pillion_fuzzer(config_fuzz
  SOURCES config_fuzz.cpp config_input.cpp ${PROJECT_SOURCE_DIR}/tests/core/config/fake_exporter.cpp
          ${sources}
  LIBRARIES pillion_model fmt::fmt tomlplusplus::tomlplusplus pillion_re2)
