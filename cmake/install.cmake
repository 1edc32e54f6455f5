# What `cmake --install` lays down: the program, the contract, the configs, the Python package, and the CMake
# package for plugins. They find each other by relative paths, so that PREFIX can be moved.
include(CMakePackageConfigHelpers)
set(package_dir lib/cmake/attnbench)

install(TARGETS attnbench DESTINATION bin)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/harness/include/attnbench DESTINATION include)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION share/attnbench)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION share/attnbench)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/attnbench DESTINATION share/attnbench/python
  COMPONENT python FILES_MATCHING PATTERN "*.py" PATTERN __pycache__ EXCLUDE)
install(FILES ${PROJECT_SOURCE_DIR}/python/pyproject.toml ${PROJECT_SOURCE_DIR}/python/README.md
  DESTINATION share/attnbench/python COMPONENT python)

set_target_properties(attnbench_contract PROPERTIES EXPORT_NAME contract)
install(TARGETS attnbench_contract EXPORT attnbenchTargets INCLUDES DESTINATION include)
install(EXPORT attnbenchTargets NAMESPACE attnbench:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/package/attnbenchConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/attnbenchConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/attnbenchConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/attnbenchConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/attnbenchConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/package/attnbench_add_plugin.cmake
  ${CMAKE_CURRENT_LIST_DIR}/package/plugin_entry.cpp
  ${CMAKE_CURRENT_LIST_DIR}/package/plugin_symbols.map
  DESTINATION ${package_dir})
