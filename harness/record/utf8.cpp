// Decodes UTF-8; the C library knows the widths.
#include "record/utf8.h"

#include <clocale>
#include <cwchar>

namespace attnbench::record {
namespace {

/// Makes UTF-8 the encoding of this thread's wide characters, whatever the user's locale is.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(utf8())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{});
    return kLocale;  // Null if there is no such locale; then uselocale changes nothing.
  }
  locale_t before_;
};

int width_in_locale(uint32_t code) {
  const int width = wcwidth(static_cast<wchar_t>(code));
  return width < 0 ? 1 : width;
}

}  // namespace

size_t decode_utf8(std::string_view text, uint32_t& code) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  const size_t length = lead < 0x80       ? 1
                        : lead >> 5 == 6  ? 2
                        : lead >> 4 == 14 ? 3
                        : lead >> 3 == 30 ? 4
                                          : 0;
  if (length == 0 || length > text.size()) return 0;
  code = length == 1 ? lead : lead & (0x7Fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) >> 6 != 2) return 0;
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < kSmallest[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

int character_width(uint32_t code) {
  const Utf8Locale utf8;
  return width_in_locale(code);
}

size_t display_width(std::string_view text) {
  const Utf8Locale utf8;
  size_t width = 0;
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t length = decode_utf8(text, code);
    width += length == 0 ? 1 : static_cast<size_t>(width_in_locale(code));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return width;
}

}  // namespace attnbench::record
