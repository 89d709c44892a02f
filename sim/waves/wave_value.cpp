// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_value.hpp"

#include <algorithm>
#include <cstdint>

namespace weft {
namespace {

constexpr int kMinAccBits = 20;  // of accumulators (Config::acc_bits)
constexpr int kHexBits = 24;     // of addresses and words: shown in hexadecimal

bool IsKnownBit(char c) { return c == '0' || c == '1'; }

char HexDigit(std::string_view nibble) {
  if (!IsKnown(nibble)) {
    const bool all_unknown = std::none_of(nibble.begin(), nibble.end(), IsKnownBit);
    return all_unknown ? nibble.front() == 'z' ? 'z' : 'x' : 'X';
  }
  int digit = 0;
  for (const char c : nibble) digit = 2 * digit + (c - '0');
  return "0123456789abcdef"[digit];
}

}  // namespace

ValueFormat FormatOf(int bits) {
  if (bits == 1) return ValueFormat::kBit;
  if (bits == 8 || bits == 16 || (bits >= kMinAccBits && bits <= 32)) return ValueFormat::kSigned;
  return bits < kMinAccBits ? ValueFormat::kUnsigned : ValueFormat::kHex;
}

ValueFormat FormatOf(int bits, bool is_signed) {
  if (bits == 1) return ValueFormat::kBit;
  if (is_signed && bits <= 64) return ValueFormat::kSigned;
  return bits < kHexBits ? ValueFormat::kUnsigned : ValueFormat::kHex;
}

bool IsKnown(std::string_view value) { return std::all_of(value.begin(), value.end(), IsKnownBit); }

std::string HexText(std::string_view value) {
  std::string text;
  for (size_t left = value.size(); left > 0;) {
    const size_t bits = (left - 1) % 4 + 1;
    text += HexDigit(value.substr(value.size() - left, bits));
    left -= bits;
  }
  return text;
}

std::string HexAround(std::string_view value, std::string_view other, size_t digits) {
  const std::string hex = HexText(value), hex_other = HexText(other);
  if (hex.size() <= digits) return hex;
  const auto [at, _] = std::mismatch(hex.begin(), hex.end(), hex_other.begin(), hex_other.end());
  const bool is_end = hex_other.size() != hex.size() || at == hex.end();
  const size_t first = is_end ? hex.size() : size_t(at - hex.begin());
  const size_t begin = std::min(first - std::min(first, digits / 2), hex.size() - digits);
  return (begin > 0 ? ".." : "") + hex.substr(begin, digits) + (begin + digits < hex.size() ? ".." : "");
}

namespace {

std::string NumberText(std::string_view value, bool is_signed) {
  if (value.empty() || value.size() > 64 || !IsKnown(value)) return "";
  uint64_t number = 0;
  for (const char c : value) number = number << 1 | uint64_t(c - '0');
  if (!is_signed || value.front() == '0') return std::to_string(number);
  if (value.size() < 64) number |= ~uint64_t{0} << value.size();
  return std::to_string(int64_t(number));
}

}  // namespace

std::string DecimalText(std::string_view value) {
  return NumberText(value, value.size() == 64 || FormatOf(int(value.size())) == ValueFormat::kSigned);
}

std::string ValueText(std::string_view value) { return ValueText(value, FormatOf(int(value.size()))); }

std::string ValueText(std::string_view value, ValueFormat format) {
  if (!IsKnown(value) || format == ValueFormat::kHex) return HexText(value);
  return NumberText(value, format == ValueFormat::kSigned);
}

bool Differs(std::string_view first, std::string_view second, Unknown unknown) {
  const auto lower = [](char c) { return char(c | 0x20); };  // of letters; 0, 1 and - stay what they are
  for (size_t i = 0; i < second.size(); ++i) {
    if (lower(first[i]) == lower(second[i])) continue;
    if (!IsKnownBit(second[i]) && unknown != Unknown::kIsAValue) continue;
    if (!IsKnownBit(first[i]) && unknown == Unknown::kIsAny) continue;
    return true;
  }
  return false;
}

}  // namespace weft
