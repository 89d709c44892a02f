// SPDX-License-Identifier: Apache-2.0
// Values of signals (strings of 0, 1, x, ...; most significant bit first) as people read them.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// How a signal of this width is shown: a bit, a signed number (int8, int16, accumulators of 20 to 32 bits),
// an unsigned one (counters), or, wider than that, hexadecimal.
enum class ValueFormat { kBit, kSigned, kUnsigned, kHex };
ValueFormat FormatOf(int bits);
ValueFormat FormatOf(int bits, bool is_signed);  // signed, or else unsigned below 24 bits

bool IsKnown(std::string_view value);         // only 0 and 1
std::string HexText(std::string_view value);  // "3f"; x for four unknown bits, X where some of them are known
// `digits` or fewer of HexText(value), with .. where some are left out: around the first one that differs
// from `other`'s, or the last ones.
std::string HexAround(std::string_view value, std::string_view other, size_t digits);
// Signed as FormatOf, and 64 bits too; "" if a bit is unknown or there are more than 64.
std::string DecimalText(std::string_view value);
// In its format; in hexadecimal where it has no number.
std::string ValueText(std::string_view value);
std::string ValueText(std::string_view value, ValueFormat format);

// What a bit that is neither 0 nor 1 (x, z, ...) is equal to: itself only; in the second value to anything;
// in either to anything.
enum class Unknown { kIsAValue, kIsAnyInSecond, kIsAny };
// One bit of two values of one width differs.
bool Differs(std::string_view first, std::string_view second, Unknown unknown = Unknown::kIsAnyInSecond);

}  // namespace weft
