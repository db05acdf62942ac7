# pillion_add_exporter(TYPE SOURCES a.cpp ... [LIBRARIES lib ...] [LINKED])
#
# Builds an exporter from sources that hold one PILLION_EXPORTER(...) line.
#   default   a module TYPE.so, which exports one symbol and is loaded when an instance uses it
#   LINKED    a static library pillion_exporter_TYPE whose entry is pillion_entry_TYPE()
# Either way there is an object library pillion_exporter_TYPE_objects for tests of its parts.
# The same function serves the exporters of this tree and those of an outside project after
# find_package(Pillion).
set(PILLION_EXPORTER_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/exporter.map)

function(pillion_add_exporter type)
  cmake_parse_arguments(ARG "LINKED" "" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "pillion_add_exporter(${type}): SOURCES is empty")
  endif()
  set(objects pillion_exporter_${type}_objects)
  add_library(${objects} OBJECT ${ARG_SOURCES})
  target_link_libraries(${objects} PUBLIC pillion::sdk ${ARG_LIBRARIES})
  target_compile_features(${objects} PUBLIC cxx_std_20)
  set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON
                        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(TARGET pillion_flags)
    target_link_libraries(${objects} PRIVATE $<BUILD_INTERFACE:pillion_flags>)
  endif()

  if(ARG_LINKED)
    target_compile_definitions(${objects} PRIVATE PILLION_ENTRY=pillion_entry_${type})
    add_library(pillion_exporter_${type} STATIC $<TARGET_OBJECTS:${objects}>)
    target_link_libraries(pillion_exporter_${type} PUBLIC pillion::sdk ${ARG_LIBRARIES})
  else()
    add_library(pillion_exporter_${type} MODULE $<TARGET_OBJECTS:${objects}>)
    target_link_libraries(pillion_exporter_${type} PRIVATE pillion::sdk ${ARG_LIBRARIES})
    if(TARGET pillion_flags)
      target_link_libraries(pillion_exporter_${type} PRIVATE $<BUILD_INTERFACE:pillion_flags>)
    endif()
    target_link_options(pillion_exporter_${type} PRIVATE
      -Wl,--version-script=${PILLION_EXPORTER_VERSION_SCRIPT} -Wl,--as-needed)
    set_target_properties(pillion_exporter_${type} PROPERTIES
      PREFIX "" OUTPUT_NAME ${type}
      LINK_DEPENDS ${PILLION_EXPORTER_VERSION_SCRIPT})
    if(PROJECT_NAME STREQUAL "Pillion")  # beside the executable, where it looks for them
      set_target_properties(pillion_exporter_${type} PROPERTIES
        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/exporters)
    endif()
  endif()
endfunction()

# pillion_add_compat(NAME SOURCES a.cpp ... [LIBRARIES lib ...] [LINKED])
#
# Builds a translator (<pillion/compat.h>) from the command line of the program NAME.
#   default   a module compat/NAME.so beside the exporters, loaded while it translates
#   LINKED    a static library pillion_compat_NAME whose entry is pillion_compat_entry_NAME()
# Either way there is an object library pillion_compat_NAME_objects for tests.
set(PILLION_COMPAT_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/compat.map)

function(pillion_add_compat name)
  cmake_parse_arguments(ARG "LINKED" "" "SOURCES;LIBRARIES" ${ARGN})
  set(objects pillion_compat_${name}_objects)
  add_library(${objects} OBJECT ${ARG_SOURCES})
  target_link_libraries(${objects} PUBLIC pillion::sdk ${ARG_LIBRARIES})
  set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON
                        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_definitions(${objects} PRIVATE PILLION_COMPAT_ENTRY=pillion_compat_entry_${name})
  if(TARGET pillion_flags)
    target_link_libraries(${objects} PRIVATE $<BUILD_INTERFACE:pillion_flags>)
  endif()
  if(ARG_LINKED)
    add_library(pillion_compat_${name} STATIC $<TARGET_OBJECTS:${objects}>)
    target_link_libraries(pillion_compat_${name} PUBLIC pillion::sdk ${ARG_LIBRARIES})
    return()
  endif()
  # Unlike an exporter's, its objects keep a name of their own, so that tests can link several.
  add_library(pillion_compat_${name} MODULE $<TARGET_OBJECTS:${objects}>)
  target_link_libraries(pillion_compat_${name} PRIVATE pillion::sdk ${ARG_LIBRARIES})
  if(TARGET pillion_flags)
    target_link_libraries(pillion_compat_${name} PRIVATE $<BUILD_INTERFACE:pillion_flags>)
  endif()
  target_link_options(pillion_compat_${name} PRIVATE
    -Wl,--version-script=${PILLION_COMPAT_VERSION_SCRIPT} -Wl,--as-needed
    -Wl,--defsym=pillion_compat_entry=pillion_compat_entry_${name})
  set_target_properties(pillion_compat_${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LINK_DEPENDS ${PILLION_COMPAT_VERSION_SCRIPT}
    PILLION_INSTALL_FOLDER compat)
  if(PROJECT_NAME STREQUAL "Pillion")
    set_target_properties(pillion_compat_${name} PROPERTIES
      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/exporters/compat)
  endif()
endfunction()
