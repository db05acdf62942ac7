# The parsers of expositions and the linter over them, with all of their sources instrumented.
set(parse_sources parse_check.cpp)
foreach(part parse lint)
  get_target_property(folder pillion_${part} SOURCE_DIR)
  get_target_property(sources pillion_${part} SOURCES)
  list(TRANSFORM sources PREPEND ${folder}/)
  list(APPEND parse_sources ${sources})
endforeach()
foreach(format text protobuf)
  pillion_fuzzer(parse_${format}_fuzz
    SOURCES parse_${format}_fuzz.cpp ${parse_sources}
    LIBRARIES pillion_text fmt::fmt)
endforeach()
