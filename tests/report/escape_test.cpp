// Hostile text, in each of the places where it could do harm.
#include "report/escape.h"

#include "catch.h"

namespace attnbench::report {
namespace {

TEST_CASE("Printable text cannot control a terminal") {
  CHECK(printable("plain text, µs") == "plain text, µs");
  CHECK(printable("\x1b[31mred\n\t\x7f") == "\\x1b[31mred\\x0a\\x09\\x7f");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");
  CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");
  CHECK(printable(std::string_view("\0", 1)) == "\\x00");
}

TEST_CASE("Bytes that are not UTF-8 are shown as bytes") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc3") == "\\xc3");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
}

TEST_CASE("CSV cells are quoted by RFC 4180") {
  CHECK(csv_text("plain") == "plain");
  CHECK(csv_text("a,b") == "\"a,b\"");
  CHECK(csv_text("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_text("two\nlines") == "two\\x0alines");
}

TEST_CASE("No CSV cell is a formula") {
  for (const std::string start : {"=", "+", "-", "@"})
    CHECK(csv_text(start + "1") == "'" + start + "1");
  CHECK(csv_text("\t=1") == "\\x09=1");
  CHECK(csv_text("=a,b") == "\"'=a,b\"");
}

TEST_CASE("Markdown shows names literally") {
  CHECK(markdown_text("head_dim 64, n^1.98 [1.96, 2.00]") == "head_dim 64, n^1.98 [1.96, 2.00]");
  CHECK(markdown_text("a|b`c<d>&\\") == "a\\|b\\`c\\<d\\>\\&\\\\");
  CHECK(markdown_text("*x* _y_ ~z~") == "\\*x\\* \\_y\\_ \\~z\\~");
  CHECK(markdown_text("[x](javascript:1)") == "[x\\](javascript:1)");
  CHECK(markdown_text("# title") == "\\# title");
  CHECK(markdown_text("two\nlines") == "two\\\\x0alines");
}

}  // namespace
}  // namespace attnbench::report
