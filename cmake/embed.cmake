# Turns the files of the pages into C++: cmake -D FILES=... -D FLOOR=... -D OUTPUT=... -P
# embed.cmake.
# FILES is a list: NAME FILE... NAME FILE... Each NAME (written kLikeThis) becomes a constant of
# FLOOR/html_assets.h that holds the text of the files after it, in order.
function(read_text file result)
  file(READ ${file} text)
  foreach(end "</script" "</style" ")~page~")
    string(FIND "${text}" "${end}" at)
    if(NOT at EQUAL -1 AND NOT file MATCHES "html$")
      message(FATAL_ERROR "${file}: holds ${end}, which would end the element or the string that it is put into")
    endif()
  endforeach()
  set(${result} "${text}\n" PARENT_SCOPE)
endfunction()

set(code "// Made by cmake/embed.cmake.\n#include \"${FLOOR}/html_assets.h\"\nnamespace attnbench::${FLOOR} {\n")
set(end "")
foreach(item IN LISTS FILES)
  if(item MATCHES "^k[A-Za-z]+$")
    string(APPEND code "${end}const std::string_view ${item} = R\"~page~(")
    set(end ")~page~\";\n")
  else()
    read_text(${item} text)
    string(APPEND code "${text}")
  endif()
endforeach()
string(APPEND code "${end}}  // namespace attnbench::${FLOOR}\n")
file(WRITE ${OUTPUT} "${code}")
