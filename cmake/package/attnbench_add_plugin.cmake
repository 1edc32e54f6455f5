# attnbench_add_plugin(NAME SOURCES...): builds variants into a shared object that attnbench can load.

set(ATTNBENCH_PLUGIN_FILES ${CMAKE_CURRENT_LIST_DIR})

function(attnbench_add_plugin name)
  add_library(${name} MODULE ${ARGN} ${ATTNBENCH_PLUGIN_FILES}/plugin_entry.cpp)
  target_link_libraries(${name} PRIVATE attnbench::contract)
  if(TARGET OpenMP::OpenMP_CXX)
    target_link_libraries(${name} PRIVATE OpenMP::OpenMP_CXX)
  else()
    message(WARNING "attnbench: this compiler has no OpenMP; plugin ${name} runs on one thread")
  endif()
  target_compile_features(${name} PRIVATE cxx_std_20)
  # Without -O3, a project that sets no build type would measure code that is not optimised.
  target_compile_options(${name} PRIVATE -march=${ATTNBENCH_MARCH} $<$<CONFIG:>:-O3>)
  set_target_properties(${name} PROPERTIES PREFIX lib CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${ATTNBENCH_PLUGIN_FILES}/plugin_symbols.map)
  # --as-needed, so that a plugin that does not use OpenMP brings no second OpenMP runtime.
  target_link_options(${name} PRIVATE -Wl,--as-needed
    -Wl,--version-script=${ATTNBENCH_PLUGIN_FILES}/plugin_symbols.map)

  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  set(flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} -march=${ATTNBENCH_MARCH}")
  if(NOT CMAKE_BUILD_TYPE)
    string(APPEND flags " -O3")
  endif()
  string(STRIP "${flags}" flags)
  target_compile_definitions(${name} PRIVATE
    ATTNBENCH_PLUGIN_COMPILER="${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
    ATTNBENCH_PLUGIN_FLAGS="${flags}"
    ATTNBENCH_PLUGIN_BUILD_TYPE="$<IF:$<CONFIG:>,none,$<CONFIG>>")
endfunction()
