// Values of signals (strings of 0, 1, x, ...; most significant bit first) as people read them.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// How a signal of this width is shown: a bit, a signed number (the widths of int8, int16 and int32), an unsigned one, or
// hexadecimal where decimal digits would say nothing.
enum class ValueFormat { kBit, kSigned, kUnsigned, kHex };
ValueFormat FormatOf(int bits);

bool IsKnown(std::string_view value);          // only 0 and 1
std::string HexText(std::string_view value);   // "3f"; x for four unknown bits, X where some of them are known
std::string DecimalText(std::string_view value);  // signed as FormatOf (and of 64 bits); "" if unknown or wider than 64
std::string ValueText(std::string_view value);    // in its format; in hexadecimal where it has no number

// One bit of `known` and of `value` differ; what `known` does not know (x, z, ...) is equal to anything. With
// `both`, what `value` does not know too.
bool Differs(std::string_view value, std::string_view known, bool both = false);

}  // namespace weft
