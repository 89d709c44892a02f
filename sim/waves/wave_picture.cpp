// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_picture.hpp"

#include <cairo-svg.h>
#include <cairo.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "sim/waves/wave_layout.hpp"
#include "sim/waves/wave_value.hpp"
#include "sw_model/error.hpp"

#ifdef __SANITIZE_ADDRESS__
// Fontconfig keeps what it read for as long as the program runs, and forgets where.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig"; }
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
#endif

namespace weft {
namespace {

constexpr int64_t kCyclesShown = 24;
constexpr size_t kSignalsShown = 20;
constexpr double kMargin = 20, kNames = 330, kRoleWidth = 58;
constexpr double kWavesLeft = kMargin + kNames, kWavesRight = kPictureWidth - kMargin;
constexpr double kRowHeight = 28, kHeadingHeight = 26, kGap = 10;
constexpr double kTitleSize = 19, kTextSize = 14, kNameSize = 14, kValueSize = 13, kSmallSize = 12;
constexpr double kSlope = 3;  // of a change of a bus, in pixels to each side

struct Colour {
  double r, g, b, a = 1;
};
constexpr Colour kInk{0.13, 0.15, 0.18}, kGrey{0.45, 0.48, 0.52}, kGrid{0.91, 0.92, 0.93}, kWhite{1, 1, 1};
constexpr Colour kRtl{0.10, 0.33, 0.62}, kGolden{0.66, 0.45, 0.02};
constexpr Colour kRed{0.80, 0.12, 0.12}, kShade{0.93, 0.25, 0.22, 0.20}, kUnknown{0.55, 0.58, 0.62, 0.16};
constexpr Colour kFocusRow{1.0, 0.97, 0.86};

// A line of the drawing: a heading, or one signal's values.
struct Line {
  std::string heading;  // of a scope
  const WaveSignal* signal = nullptr;
  bool golden = false, is_focus = false;
};

// Of packed numbers and of what the focus is in the lanes one by one; only what is in the view.
struct Spread {
  WaveWindow window;
  std::vector<int> lsb;  // of each signal in the packed one
  std::optional<WaveFocus> focus;

  Spread(const WaveWindow& all, const std::optional<WaveFocus>& f, const WaveView& view) : focus(f) {
    window.begin = view.begin;
    for (size_t i = 0; i < all.signals.size(); i++) {
      const WaveSignal s = Cut(all.signals[i], view.begin - all.begin, view.end - all.begin);
      const bool is_focus = f && f->signal == i;
      if (is_focus) focus->signal = window.signals.size() + size_t(std::max(f->lane, 0));
      if (s.lanes == 1 || !(s.is_signed.value_or(false) || (is_focus && f->lane >= 0))) {
        lsb.push_back(0);
        window.signals.push_back(s);
        continue;
      }
      for (int lane = 0; lane < s.lanes; lane++) {
        lsb.push_back(lane * s.lane_bits());
        window.signals.push_back(s.Lane(lane));
        window.signals.back().scope = s.scope;
        window.signals.back().name = fmt::format("{} {} {}", s.name, s.lane_is, lane);
      }
    }
  }

 private:
  static WaveSignal Cut(const WaveSignal& s, int64_t from, int64_t to) {
    WaveSignal part{s.scope, s.name, s.bits, {}, {}, s.lanes, s.lane_is, s.is_signed};
    part.rtl.assign(s.rtl.begin() + from, s.rtl.begin() + to);
    if (!s.golden.empty()) part.golden.assign(s.golden.begin() + from, s.golden.begin() + to);
    return part;
  }
};

// What to draw, in order.
std::vector<Line> ChooseLines(const WaveWindow& window, const std::optional<WaveFocus>& focus,
                              const WaveView& view) {
  const auto first = size_t(view.begin - window.begin), last = size_t(view.end - window.begin);
  struct Choice {
    size_t index;
    int rank;
  };
  const auto differs = [&](const WaveSignal& s) {
    for (size_t i = first; i < last; ++i)
      if (DiffersAt(s, i)) return true;
    return false;
  };
  const auto changes = [&](const WaveSignal& s) {
    for (size_t i = first + 1; i < last; ++i)
      if (s.rtl[i] != s.rtl[first]) return true;
    return false;
  };
  std::vector<Choice> choices;
  for (size_t i = 0; i < window.signals.size(); ++i) {
    if (focus && focus->signal == i) continue;
    const WaveSignal& s = window.signals[i];
    const bool is_near = focus && s.scope == window.signals[focus->signal].scope;
    choices.push_back({i, differs(s) ? 0 : (changes(s) ? 0 : 2) + (is_near ? 1 : 2)});
  }
  std::stable_sort(choices.begin(), choices.end(),
                   [](const Choice& a, const Choice& b) { return a.rank < b.rank; });
  choices.resize(std::min(choices.size(), kSignalsShown - (focus ? 1 : 0)));
  std::sort(choices.begin(), choices.end(),
            [](const Choice& a, const Choice& b) { return a.index < b.index; });

  std::vector<Line> lines;
  const auto add = [&](const WaveSignal& s, bool is_focus) {
    lines.push_back({"", &s, false, is_focus});
    if (is_focus || differs(s)) lines.push_back({"", &s, true, is_focus});
  };
  if (focus) {
    lines.push_back({window.signals[focus->signal].scope});
    add(window.signals[focus->signal], true);
  }
  std::vector<std::string> scopes;
  for (const Choice& c : choices)
    if (const std::string& scope = window.signals[c.index].scope;
        std::find(scopes.begin(), scopes.end(), scope) == scopes.end())
      scopes.push_back(scope);
  for (const std::string& scope : scopes) {
    lines.push_back({scope});
    for (const Choice& c : choices)
      if (window.signals[c.index].scope == scope) add(window.signals[c.index], false);
  }
  return lines;
}

class Drawing {
 public:
  Drawing(const WaveWindow& window, const std::optional<WaveFocus>& focus)
      : view_(ViewOf(window, focus, kCyclesShown)), spread_(window, focus, view_) {
    lines_ = ChooseLines(window_, focus_, view_);
    cell_ = (kWavesRight - kWavesLeft) / double(view_.end - view_.begin);
    top_ = kMargin + (focus ? 92 : 0);
    height_ = top_ + 30;
    for (const Line& line : lines_) height_ += HeightOf(line);
    height_ += kMargin;
  }

  double height() const { return height_; }

  void Draw(cairo_t* cr) {
    cr_ = cr;
    Set(kWhite);
    cairo_paint(cr_);
    if (focus_) DrawTitle();
    DrawGrid();
    double y = top_ + 30;
    for (const Line& line : lines_) {
      if (line.signal == nullptr) DrawHeading(line, y);
      else DrawSignal(line, y);
      y += HeightOf(line);
    }
    if (focus_) DrawFocus();
  }

 private:
  static double HeightOf(const Line& line) {
    return line.signal == nullptr ? kHeadingHeight + kGap : kRowHeight;
  }
  double X(int64_t cycle) const { return kWavesLeft + cell_ * double(cycle - view_.begin); }

  void Set(const Colour& c) { cairo_set_source_rgba(cr_, c.r, c.g, c.b, c.a); }

  void Font(double size, bool bold = false, bool mono = true) {
    cairo_select_font_face(cr_, mono ? "DejaVu Sans Mono" : "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr_, size);
  }

  double Width(const std::string& text) {
    cairo_text_extents_t extents;
    cairo_text_extents(cr_, text.c_str(), &extents);
    return extents.x_advance;
  }

  double Text(double x, double y, const std::string& text) {
    cairo_move_to(cr_, x, y);
    cairo_show_text(cr_, text.c_str());
    return x + Width(text);
  }

  // The end of the text that fits.
  std::string FitEnd(const std::string& text, double width) {
    if (Width(text) <= width) return text;
    for (size_t n = 1; n < text.size(); ++n)
      if (const std::string cut = ".." + text.substr(n); Width(cut) <= width) return cut;
    return "";
  }

  void Box(double x, double y, double width, double height, const Colour& colour) {
    Set(colour);
    cairo_rectangle(cr_, x, y, width, height);
    cairo_fill(cr_);
  }

  void StrokeLine(double x0, double y0, double x1, double y1, const Colour& colour, double width) {
    Set(colour);
    cairo_set_line_width(cr_, width);
    cairo_move_to(cr_, x0, y0);
    cairo_line_to(cr_, x1, y1);
    cairo_stroke(cr_);
  }

  void DrawTitle() {
    const WaveSignal& s = window_.signals[focus_->signal];
    Font(kTitleSize, true, false);
    Set(kInk);
    std::string title = focus_->title;
    while (!title.empty() && Width(title) > kPictureWidth - 2 * kMargin) title.resize(title.size() - 1);
    Text(kMargin, kMargin + 18, title);
    const int64_t at = focus_->cycle - window_.begin;
    if (at < 0 || at >= CyclesOf(window_) || s.golden.empty()) return;
    DrawValue(kMargin + 46, "rtl", kRtl, s, s.rtl[size_t(at)], s.golden[size_t(at)]);
    DrawValue(kMargin + 68, "golden", kGolden, s, s.golden[size_t(at)], s.rtl[size_t(at)]);
  }

  // "rtl at cycle 93:  80fe (-3)", in red the digits that differ from `other`.
  void DrawValue(double y, const char* role, const Colour& colour, const WaveSignal& signal,
                 const std::string& value, const std::string& other) {
    Font(kTextSize, true);
    Set(colour);
    Text(kMargin, y, role);
    Font(kTextSize);
    Set(kGrey);
    const double left = Text(kMargin + 64, y, fmt::format("at cycle {}: ", focus_->cycle)) + 8;
    const double digit = Width("0");
    const auto fit = size_t((kWavesRight - 180 - left) / digit);
    const std::string hex = HexAround(value, other, fit), hex_other = HexAround(other, value, fit);
    double x = left;
    for (size_t i = 0; i < hex.size(); ++i) {
      const bool differs = i < hex_other.size() && hex[i] != hex_other[i];
      if (differs) Box(x - 0.5, y - 13, digit + 1, 17, kShade);
      Set(differs ? kRed : kInk);
      x = Text(x, y, hex.substr(i, 1));
    }
    Set(kInk);
    const ValueFormat format = FormatOf(signal);
    if (IsKnown(value) && (format == ValueFormat::kSigned || format == ValueFormat::kUnsigned))
      Text(x + 12, y, fmt::format("= {}", ValueText(value, format)));
  }

  void DrawGrid() {
    Font(kSmallSize);
    const double label = Width(std::to_string(view_.end)) + 10;
    const auto step = std::max<int64_t>(1, int64_t(label / cell_ + 0.999));
    const int64_t phase = focus_ ? focus_->cycle : view_.begin;
    for (int64_t c = view_.begin; c <= view_.end; ++c) {
      StrokeLine(X(c), top_ + 22, X(c), height_ - kMargin, kGrid, 1);
      if (c == view_.end || (c - phase) % step != 0 || (focus_ && c == focus_->cycle)) continue;
      Font(kSmallSize);
      Set(kGrey);
      Text(X(c) + (cell_ - Width(std::to_string(c))) / 2, top_ + 16, std::to_string(c));
    }
    Font(kSmallSize);
    Set(kGrey);
    Text(kMargin, top_ + 16, "cycle");
  }

  void DrawFocus() {
    const int64_t c = focus_->cycle;
    if (c < view_.begin || c >= view_.end) return;
    Font(kSmallSize, true);
    const std::string number = std::to_string(c);
    const double width = Width(number) + 12, middle = X(c) + cell_ / 2;
    Box(middle - width / 2, top_ + 1, width, 20, kRed);
    Set(kWhite);
    Text(middle - width / 2 + 6, top_ + 16, number);
    StrokeLine(X(c), top_ + 21, X(c), height_ - kMargin, {kRed.r, kRed.g, kRed.b, 0.7}, 1.2);
    StrokeLine(X(c + 1), top_ + 21, X(c + 1), height_ - kMargin, {kRed.r, kRed.g, kRed.b, 0.7}, 1.2);
  }

  void DrawHeading(const Line& line, double y) {
    Font(kSmallSize, true, false);
    Set(kGrey);
    const std::string text = FitEnd(line.heading.empty() ? "top" : line.heading, kWavesRight - kMargin);
    const double end = Text(kMargin, y + kGap + 16, text);
    StrokeLine(end + 10, y + kGap + 12, kWavesRight, y + kGap + 12, kGrid, 1);
  }

  void DrawSignal(const Line& line, double y) {
    const WaveSignal& s = *line.signal;
    if (line.is_focus) Box(kMargin - 8, y, kWavesLeft - kMargin, kRowHeight, kFocusRow);
    Font(kNameSize, line.is_focus);
    if (!line.golden) {
      Set(kInk);
      const int lsb = spread_.lsb[size_t(line.signal - window_.signals.data())];
      const std::string range = s.bits > 1 ? fmt::format("[{}:{}]", lsb + s.bits - 1, lsb) : "";
      const double width = kNames - kRoleWidth - 8;
      const double end = Text(kMargin, y + 19, FitEnd(s.name, width));
      Font(kSmallSize);
      Set(kGrey);
      if (end + Width(range) < kMargin + width) Text(end + 2, y + 19, range);
    }
    Font(kSmallSize, line.is_focus);
    Set(line.golden ? kGolden : kRtl);
    Text(kWavesLeft - kRoleWidth, y + 19, line.golden ? "golden" : "rtl");
    for (int64_t c = view_.begin; c < view_.end; ++c)
      if (DiffersAt(s, Index(c))) Box(X(c), y, cell_, kRowHeight, kShade);
    const auto& values = line.golden ? s.golden : s.rtl;
    if (values.empty()) return;
    for (int64_t c = view_.begin; c < view_.end;) {  // runs of one value
      int64_t end = c + 1;
      while (end < view_.end && SameRun(s, values, Index(c), Index(end))) ++end;
      const bool differs = DiffersAt(s, Index(c));
      DrawRun(s, values[Index(c)], differs ? (line.golden ? s.rtl : s.golden)[Index(c)] : "", c, end, y,
              line.golden ? kGolden : kRtl);
      if (s.bits == 1 && end < view_.end) DrawStep(values, end, y, line.golden ? kGolden : kRtl);
      c = end;
    }
  }

  // One value, which differs from the other row's in all of these cycles or in none.
  static bool SameRun(const WaveSignal& s, const std::vector<std::string>& values, size_t i, size_t j) {
    return values[i] == values[j] && (s.bits == 1 || DiffersAt(s, i) == DiffersAt(s, j));
  }

  size_t Index(int64_t cycle) const { return size_t(cycle - window_.begin); }
  static double High(double y) { return y + 5; }
  static double Low(double y) { return y + kRowHeight - 5; }
  static double Level(const std::string& value, double y) {
    return value == "1" ? High(y) : value == "0" ? Low(y) : (High(y) + Low(y)) / 2;
  }

  // A bit that changes at the start of cycle `at`.
  void DrawStep(const std::vector<std::string>& values, int64_t at, double y, const Colour& colour) {
    StrokeLine(X(at), Level(values[Index(at - 1)], y), X(at), Level(values[Index(at)], y), colour, 1.5);
  }

  // `other`: the value it differs from, or "".
  void DrawRun(const WaveSignal& signal, const std::string& value, const std::string& other, int64_t begin,
               int64_t end, double y, const Colour& colour) {
    const double x0 = X(begin), x1 = X(end);
    if (value.find_first_of("01") == value.npos) {
      Box(x0, High(y), x1 - x0, Low(y) - High(y), kUnknown);
      Font(kValueSize - 2, false, false);
      Set(kGrey);
      const std::string text = value.front() == 'z' ? "z" : "unknown";
      if (Width(text) < x1 - x0) Text((x0 + x1 - Width(text)) / 2, (High(y) + Low(y)) / 2 + 4, text);
      return;
    }
    if (value.size() == 1) {
      StrokeLine(x0, Level(value, y), x1, Level(value, y), colour, 1.5);
      return;
    }
    const double middle = (High(y) + Low(y)) / 2;
    const double left = begin == view_.begin ? 0 : kSlope, right = end == view_.end ? 0 : kSlope;
    Set(colour);
    cairo_set_line_width(cr_, 1.3);
    for (const double side : {High(y), Low(y)}) {
      cairo_move_to(cr_, x0, left > 0 ? middle : side);
      cairo_line_to(cr_, x0 + left, side);
      cairo_line_to(cr_, x1 - right, side);
      if (right > 0) cairo_line_to(cr_, x1, middle);
    }
    cairo_stroke(cr_);
    Font(kValueSize);
    Set(other.empty() ? kInk : kRed);
    const std::string text = Fit(signal, value, other, x1 - x0 - 2 * kSlope - 2);
    Text((x0 + x1 - Width(text)) / 2, middle + 4.5, text);
  }

  // A value in as many characters as fit: its own format, then hexadecimal, then a part of that: its end, or
  // what differs from `other`.
  std::string Fit(const WaveSignal& signal, const std::string& value, const std::string& other,
                  double width) {
    const std::string text = ValueText(value, FormatOf(signal)), hex = HexText(value);
    for (const double size : {kValueSize, kValueSize - 2}) {
      cairo_set_font_size(cr_, size);
      if (Width(text) <= width) return text;
      if (Width(hex) <= width) return hex;
    }
    for (auto digits = size_t(width / Width("0")); digits > 0; --digits)
      if (const std::string part = HexAround(value, other, digits); Width(part) <= width) return part;
    return "";
  }

  WaveView view_;
  Spread spread_;
  const WaveWindow& window_ = spread_.window;
  const std::optional<WaveFocus>& focus_ = spread_.focus;
  std::vector<Line> lines_;
  double cell_ = 0, top_ = 0, height_ = 0;
  cairo_t* cr_ = nullptr;
};

using Surface = std::unique_ptr<cairo_surface_t, decltype(&cairo_surface_destroy)>;
using Context = std::unique_ptr<cairo_t, decltype(&cairo_destroy)>;

void DrawOn(cairo_surface_t* surface, Drawing* drawing) {
  const Context cr(cairo_create(surface), cairo_destroy);
  drawing->Draw(cr.get());
}

void Check(cairo_status_t status, const std::filesystem::path& path) {
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error("{}: cannot be written: {}", path.string(), cairo_status_to_string(status));
}

}  // namespace

void DrawWaves(const WaveWindow& window, const std::optional<WaveFocus>& focus,
               const std::filesystem::path& svg, const std::filesystem::path& png) {
  Drawing drawing(window, focus);
  const Surface vector(cairo_svg_surface_create(svg.c_str(), kPictureWidth, drawing.height()),
                       cairo_surface_destroy);
  DrawOn(vector.get(), &drawing);
  cairo_surface_finish(vector.get());
  Check(cairo_surface_status(vector.get()), svg);
  const Surface image(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kPictureWidth, int(drawing.height())),
                      cairo_surface_destroy);
  DrawOn(image.get(), &drawing);
  Check(cairo_surface_write_to_png(image.get(), png.c_str()), png);
}

}  // namespace weft
