# Writes the commit of SOURCE into the header OUTPUT, at every build, but only where it changed.
cmake_minimum_required(VERSION 3.24)
find_program(GIT git)
set(commit "")
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --abbrev=40 --exclude=* --dirty=+dirty
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
  "// The commit this was built from. Generated.\n#define ATTNBENCH_GIT_COMMIT \"@commit@\"\n" @ONLY)
