# pillion_flags: warnings and sanitizers of our own targets; never exported.
add_library(pillion_flags INTERFACE)
target_compile_options(pillion_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:Clang>>:-Wthread-safety>
  # g++ 12 finds an overlap in every "literal" + std::string at -O2 (its bug 105651).
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>
  $<$<BOOL:${PILLION_WERROR}>:-Werror>)
if(PILLION_SANITIZE)
  target_compile_options(pillion_flags INTERFACE
    -fsanitize=${PILLION_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(pillion_flags INTERFACE -fsanitize=${PILLION_SANITIZE})
endif()

# It reads what strangers send, beside a database: an overflow ends the process instead of owning
# it, and no table of functions can be written to after the start. Sanitizers have their own ways.
if(NOT PILLION_SANITIZE)
  target_compile_options(pillion_flags INTERFACE
    -fstack-protector-strong -fstack-clash-protection
    # Needs optimisation; whoever packages it may have defined it, too.
    $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  target_link_options(pillion_flags INTERFACE
    -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()

# A sidecar is judged by its resident memory, and most of ours is text: what nobody calls is left
# out, and what runs once per poll or request is compiled for size. Rows and pages are not.
target_compile_options(pillion_flags INTERFACE -ffunction-sections -fdata-sections)
target_link_options(pillion_flags INTERFACE -Wl,--gc-sections)
set(PILLION_FAST_PARTS model exposition parse lint)

# pillion_core_part(NAME SOURCES ... DEPENDS ...): one folder of core/src as a static library.
# Its DEPENDS are the arrows of the house: a folder sees only what it links.
function(pillion_core_part name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(pillion_${name} STATIC ${ARG_SOURCES})
  target_include_directories(pillion_${name} PUBLIC ${PROJECT_SOURCE_DIR}/core/src)
  target_link_libraries(pillion_${name} PUBLIC pillion_sdk ${ARG_DEPENDS} PRIVATE pillion_flags)
  if(NOT name IN_LIST PILLION_FAST_PARTS)
    target_compile_options(pillion_${name} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
endfunction()

# pillion_test(NAME SOURCES ... DEPENDS ... [TIMEOUT s]): a doctest executable; each test case
# is a CTest test of its own.
function(pillion_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)  # a hang
    set(ARG_TIMEOUT 120)
  endif()
  if(PILLION_SANITIZE)
    math(EXPR ARG_TIMEOUT "3 * ${ARG_TIMEOUT}")
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE pillion_test_main ${ARG_DEPENDS} pillion_flags)
  # Optimising assertions took a third of the tests' build.
  target_compile_options(${name} PRIVATE $<$<CONFIG:Debug>:-O0>)
  if(PILLION_SANITIZE)
    target_compile_options(${name} PRIVATE -g0)  # their lines took a sixth
  endif()
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    PILLION_SOURCE_DIR="${PROJECT_SOURCE_DIR}" PILLION_BINARY_DIR="${PROJECT_BINARY_DIR}")
  set(properties TIMEOUT ${ARG_TIMEOUT})
  if(ARG_LABELS)  # an empty one would become a label called LABELS
    list(APPEND properties LABELS "${ARG_LABELS}")
  endif()
  doctest_discover_tests(${name} TEST_PREFIX "${name}/" PROPERTIES ${properties})
endfunction()
