// UTF-8, and the columns that it takes on a terminal.
#include "record/utf8.h"

#include <string>

#include "catch.h"

using namespace attnbench::record;

TEST_CASE("A character of each length is decoded, and malformed bytes are not") {
  uint32_t code = 0;
  CHECK((decode_utf8("a", code) == 1 && code == 'a'));
  CHECK((decode_utf8("é!", code) == 2 && code == 0xE9));
  CHECK((decode_utf8("我", code) == 3 && code == 0x6211));
  CHECK((decode_utf8("😀", code) == 4 && code == 0x1F600));
  for (const char* bad :
       {"\x80", "\xC0\xAF", "\xE6\x88", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"})
    CHECK(decode_utf8(bad, code) == 0);
}

TEST_CASE("A Chinese character takes two columns, and a combining accent none") {
  CHECK(display_width("full") == 4);
  CHECK(display_width("苹果") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(display_width("é…") == 2);
  CHECK(display_width("\xFF!") == 2);
  CHECK(display_width("") == 0);
}
