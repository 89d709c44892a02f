// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/vcd.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr int kMaxBits = 1 << 20;

bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

bool IsBits(std::string_view type) {
  return type != "real" && type != "realtime" && type != "real_parameter" && type != "string" &&
         type != "event";
}

bool IsState(char c) { return std::strchr("01xXzZuUwWlLhH-", c) != nullptr && c != '\0'; }

// To `bits` lower-case characters: a shorter value is continued to the left with its first character if that
// is x or z and with 0 otherwise.
void Widen(std::string_view digits, int bits, std::string* value) {
  const char first = digits.front() == '1' ? '0' : digits.front();
  if (digits.size() > size_t(bits)) digits.remove_prefix(digits.size() - size_t(bits));
  value->assign(size_t(bits) - digits.size(), first);
  value->append(digits);
  for (char& c : *value)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
}

}  // namespace

class VcdReader::Words {
 public:
  explicit Words(const std::filesystem::path& path) : file_(std::fopen(path.c_str(), "rb")) {
    if (file_ == nullptr) throw Error("{}: cannot be read", path.string());
  }
  ~Words() { std::fclose(file_); }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;

  // The next word, valid until the one after it; empty at the end.
  std::string_view Next() {
    for (;; ++at_) {
      if (at_ == end_ && !Fill(at_)) return {};
      line_ += buffer_[at_] == '\n' ? 1 : 0;
      if (!IsSpace(buffer_[at_])) break;
    }
    size_t begin = at_;
    for (; at_ < end_ || Fill(begin); ++at_)
      if (IsSpace(buffer_[at_])) return {&buffer_[begin], at_ - begin};
    cut_ = true;
    return {&buffer_[begin], at_ - begin};
  }

  bool Cut() const { return cut_; }  // the last word has nothing behind it, not even the end of its line
  int64_t Line() const { return line_; }

 private:
  // Reads more behind what is left from `begin` on, which moves to the front. False at the end of the file.
  bool Fill(size_t& begin) {
    if (done_) return false;
    const size_t kept = end_ - begin;
    if (begin > 0) std::memmove(buffer_.data(), &buffer_[begin], kept);
    if (kept == buffer_.size()) buffer_.resize(2 * buffer_.size());
    at_ = kept;
    begin = 0;
    const size_t got = std::fread(&buffer_[kept], 1, buffer_.size() - kept, file_);
    end_ = kept + got;
    done_ = got == 0;
    return !done_;
  }

  std::FILE* file_;
  std::vector<char> buffer_ = std::vector<char>(kBufferBytes);
  size_t at_ = 0, end_ = 0;
  int64_t line_ = 1;
  bool done_ = false, cut_ = false;
};

VcdReader::VcdReader(const std::filesystem::path& path) : path_(path), words_(std::make_unique<Words>(path)) {
  ReadHeader();
}

VcdReader::~VcdReader() = default;

void VcdReader::Fail(const std::string& what) const {
  throw Error("{}: line {}: {}", path_.string(), words_->Line(), what);
}

void VcdReader::ReadHeader() {
  std::vector<std::string> scopes = {""};  // each the whole path, with a dot at its end
  const auto skip_to_end = [&] {
    std::string_view word;
    do word = words_->Next();
    while (!word.empty() && word != "$end");
    if (word.empty()) Fail("the file ends within its header");
  };
  for (;;) {
    const std::string word(words_->Next());
    if (word.empty()) Fail("the file ends within its header");
    if (word == "$scope") {
      words_->Next();  // its kind
      scopes.push_back(scopes.back() + PlainName(words_->Next()) + ".");
      skip_to_end();
    } else if (word == "$upscope") {
      if (scopes.size() == 1) Fail("more $upscope than $scope");
      scopes.pop_back();
      skip_to_end();
    } else if (word == "$var") {
      ReadVariable(scopes.back());
    } else if (word == "$timescale") {
      ReadTimescale();
    } else if (word == "$enddefinitions") {
      skip_to_end();
      return;
    } else if (word.starts_with('$')) {
      skip_to_end();
    } else {
      Fail("not a VCD header: a $ keyword should be here");
    }
  }
}

// "1ns", "100 ps"
void VcdReader::ReadTimescale() {
  std::string text;
  for (std::string_view word = words_->Next(); word != "$end"; word = words_->Next()) {
    if (word.empty()) Fail("the file ends within its header");
    text += word;
  }
  const size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string number = text.substr(0, unit_at), unit = text.substr(unit_at);
  const std::vector<std::string> units = {"s", "ms", "us", "ns", "ps", "fs"};
  const auto found = std::find(units.begin(), units.end(), unit);
  if (found == units.end() || (number != "1" && number != "10" && number != "100"))
    Fail("no such time scale: 1, 10 or 100 of s, ms, us, ns, ps or fs should be here");
  header_.timescale = int(number.size()) - 1 - 3 * int(found - units.begin());
}

// $var wire 8 ! act_o [7:0] $end
void VcdReader::ReadVariable(const std::string& scope) {
  const std::string type(words_->Next()), width(words_->Next()), code(words_->Next());
  std::string name;
  for (std::string_view word = words_->Next(); word != "$end"; word = words_->Next()) {
    if (word.empty()) Fail("the file ends within its header");
    if (word.starts_with('$')) Fail("$end is missing");
    if (!name.empty()) name += ' ';
    name += word;
  }
  int bits = 0;
  const auto [end, error] = std::from_chars(width.data(), width.data() + width.size(), bits);
  if (name.empty() || error != std::errc() || end != width.data() + width.size() || bits < 0 ||
      bits > kMaxBits)
    Fail("no such $var: kind, width, code and name should be here");
  if (!IsBits(type)) bits = 0;
  const auto [item, is_new] = codes_.try_emplace(code, Code{uint32_t(codes_.size()) + 1, bits});
  if (!is_new && item->second.bits != bits)
    Fail(fmt::format("{} was {} bits wide before", code, item->second.bits));
  if (bits > 0) header_.variables.push_back({scope + PlainName(name), bits, item->second.handle});
  else ++header_.left_out;
}

const VcdReader::Code& VcdReader::Find(std::string_view code) const {
  const auto found = codes_.find(code);
  if (found == codes_.end()) Fail("a value of a variable that the header does not have");
  return found->second;
}

void VcdReader::ReadChanges(const std::vector<uint32_t>& handles, const OnChange& on_change) {
  std::vector<bool> wanted(codes_.size() + 1);
  for (const uint32_t handle : handles) wanted[handle] = true;
  uint64_t time = 0;
  std::string digits, value;
  bool go_on = true;
  while (go_on) {
    const std::string_view word = words_->Next();
    if (word.empty()) return;
    if (words_->Cut() && word != "$end") Fail("the file is cut off: its last line has no end");
    const char kind = word.front();
    if (kind == '#') {
      uint64_t next = 0;
      const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), next);
      if (error != std::errc() || end != word.data() + word.size()) Fail("no such time");
      if (next < time) Fail("time goes back");
      time = next;
    } else if (kind == '$') {
      if (word == "$comment")
        for (std::string_view next = word; next != "$end";)
          if ((next = words_->Next()).empty()) Fail("a comment without an end");
    } else if (kind == 'b' || kind == 'B') {
      digits = word.substr(1);
      if (digits.empty() || !std::all_of(digits.begin(), digits.end(), IsState)) Fail("no such value");
      const std::string_view code = words_->Next();
      if (words_->Cut() || code.empty()) Fail("the file is cut off in a value");
      const Code& of = Find(code);
      if (of.bits == 0 || !wanted[of.handle]) continue;
      Widen(digits, of.bits, &value);
      go_on = on_change(time, of.handle, value);
    } else if (kind == 'r' || kind == 'R' || kind == 's' || kind == 'S') {
      if (words_->Next().empty()) Fail("the file is cut off in a value");
    } else if (IsState(kind)) {
      const Code& of = Find(word.substr(1));
      if (of.bits == 0 || !wanted[of.handle]) continue;
      Widen(word.substr(0, 1), of.bits, &value);
      go_on = on_change(time, of.handle, value);
    } else {
      Fail("not a VCD file, or damaged: a time or a value should be here");
    }
  }
}

}  // namespace weft
