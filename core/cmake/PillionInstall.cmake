# What `cmake --install` puts where. Two components:
#   sdk      headers, the CMake package (pillion::sdk, pillion::testing, pillion_add_exporter)
#   runtime  the executable and the exporter modules
include(CMakePackageConfigHelpers)
set(PILLION_INSTALL_EXPORTERDIR ${CMAKE_INSTALL_LIBDIR}/pillion/exporters)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Pillion)

install(DIRECTORY core/include/pillion DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
# pillion_flags (our warnings, sanitizers) is in neither target, so it reaches no consumer.
install(TARGETS pillion_sdk pillion_testing EXPORT PillionTargets)
install(EXPORT PillionTargets NAMESPACE pillion:: DESTINATION ${package_dir} COMPONENT sdk)
configure_package_config_file(core/cmake/PillionConfig.cmake.in
  ${PROJECT_BINARY_DIR}/PillionConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/PillionConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  ${PROJECT_BINARY_DIR}/PillionConfig.cmake ${PROJECT_BINARY_DIR}/PillionConfigVersion.cmake
  core/cmake/PillionAddExporter.cmake core/cmake/compat.map core/cmake/exporter.map
  DESTINATION ${package_dir} COMPONENT sdk)

if(TARGET pillion)
  install(TARGETS pillion RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
endif()

# The modules that exporters/ builds; test modules elsewhere are not installed.
function(pillion_install_modules directory)
  get_property(children DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(child ${children})
    pillion_install_modules(${child})
  endforeach()
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target ${targets})
    get_target_property(kind ${target} TYPE)
    if(kind STREQUAL "MODULE_LIBRARY")
      # What is no exporter must not lie among them: each file there is taken for a type.
      get_target_property(folder ${target} PILLION_INSTALL_FOLDER)
      if(NOT folder)
        set(folder "")
      endif()
      install(TARGETS ${target}
        LIBRARY DESTINATION ${PILLION_INSTALL_EXPORTERDIR}/${folder} COMPONENT runtime)
    endif()
  endforeach()
endfunction()
pillion_install_modules(${PROJECT_SOURCE_DIR}/exporters)
pillion_install_modules(${PROJECT_SOURCE_DIR}/core/src/web)
