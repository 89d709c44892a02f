// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace weft {
namespace {

constexpr int64_t kViewCycles = 24;
constexpr int kWindowWidth = 1600, kWindowHeight = 900, kBorders = 65;
constexpr int kCharWidth = 8, kValueWidth = 100,
              kMaxNamesWidth = 640;   // of GTKWave's column of names and values
constexpr double kFramePixels = 200;  // GTKWave's unit: its zoom z shows 2^-z units of time in so many pixels
constexpr size_t kTextWidth = 44;     // characters of a line of text among the names

// One line of text.
std::string OneLine(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string FullName(const char* top, const WaveSignal& s) {
  return s.scope.empty() ? fmt::format("{}.{}", top, s.name) : fmt::format("{}.{}.{}", top, s.scope, s.name);
}

const char* RoleName(WaveRow::Role role) {
  constexpr std::array kNames = {"", "rtl", "golden", "diff"};
  return kNames[size_t(role)];
}

// A signal's rows; `model` is one of them without its name and role.
template <typename NameOf>
void AddRows(const WaveSignal& s, const WaveRow& model, const NameOf& name_of, std::vector<WaveRow>* rows) {
  using Role = WaveRow::Role;
  const auto add = [&](Role role, int bits, ValueFormat format) {
    WaveRow row = model;
    row.text = name_of(RoleName(role));
    row.bits = bits, row.role = role, row.format = format;
    rows->push_back(std::move(row));
  };
  add(Role::kRtl, s.bits, FormatOf(s));
  if (model.is_focus || HasGolden(s)) add(Role::kGolden, s.bits, FormatOf(s));
  if (model.is_focus || DiffersAnywhere(s)) add(Role::kDiff, 1, ValueFormat::kBit);
}

void AddLane(const WaveSignal& s, int lane, bool is_focus, bool is_closed, std::vector<WaveRow>* rows) {
  const WaveSignal alone = s.Lane(lane);
  AddRows(
      alone,
      {.kind = WaveRow::Kind::kSignal,
       .text = {},
       .is_focus = is_focus,
       .label = fmt::format("{} {} {}", s.name, s.lane_is, lane),
       .is_lane = true,
       .is_closed = is_closed},
      [&](const char* role) { return FullName("lanes", alone) + "." + role; }, rows);
}

// `lane`: of the focus.
void AddSignal(const WaveSignal& s, bool is_focus, int lane, std::vector<WaveRow>* rows) {
  if (lane >= 0 && s.lanes > 1) AddLane(s, lane, true, false, rows);
  AddRows(
      s, {.kind = WaveRow::Kind::kSignal, .text = {}, .is_focus = is_focus, .label = s.name},
      [&](const char* role) { return FullName(role, s); }, rows);
  if (s.lanes == 1) return;
  const bool is_closed = !is_focus && !DiffersAnywhere(s);
  const WaveRow group{.kind = WaveRow::Kind::kGroup,
                      .text = fmt::format("{}: {}s", s.name, s.lane_is),
                      .is_closed = is_closed};
  rows->push_back(group);
  for (int l = 0; l < s.lanes; l++) AddLane(s, l, false, is_closed, rows);
  rows->push_back(group);
  rows->back().kind = WaveRow::Kind::kGroupEnd;
}

// Scopes in the order of their first signals.
std::vector<std::string> ScopesOf(const WaveWindow& window) {
  std::vector<std::string> scopes;
  for (const WaveSignal& s : window.signals)
    if (std::find(scopes.begin(), scopes.end(), s.scope) == scopes.end()) scopes.push_back(s.scope);
  return scopes;
}

// GTKWave's flags of a trace, and its colours.
constexpr unsigned kHex = 0x22, kBinary = 0x28, kSignedDecimal = 0x420, kDecimal = 0x24;
constexpr unsigned kComment = 0x200, kGroupBegin = 0x800200, kGroupEnd = 0x1000200, kClosed = 0x400000;
constexpr int kRed = 1, kYellow = 3;

unsigned GtkwFlags(ValueFormat format) {
  switch (format) {
    case ValueFormat::kBit:
      return kBinary;
    case ValueFormat::kSigned:
      return kSignedDecimal;
    case ValueFormat::kUnsigned:
      return kDecimal;
    default:
      return kHex;
  }
}

// Words of `text` in lines that are not wider than the names.
std::vector<std::string> Wrap(const std::string& text) {
  std::vector<std::string> lines(1);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (!lines.back().empty() && lines.back().size() + end - begin > kTextWidth) lines.emplace_back();
    lines.back() += text.substr(begin, end + 1 - begin);
    begin = end + 1;
  }
  return lines;
}

int NamesWidth(const std::vector<WaveRow>& rows) {
  size_t longest = kTextWidth;
  for (const WaveRow& row : rows) {
    if (row.kind == WaveRow::Kind::kSignal) longest = std::max(longest, row.label.size() + 8);
    if (row.kind == WaveRow::Kind::kGroup) longest = std::max(longest, row.text.size() + 2);
  }
  return std::min(int(longest) * kCharWidth + kValueWidth, kMaxNamesWidth);
}

// GTKWave shows the last part of a name only: the name that is given here says whose values they are.
void AddGtkwSignal(const WaveRow& row, std::string* text) {
  const auto out = std::back_inserter(*text);
  if (row.role == WaveRow::Role::kDiff) fmt::format_to(out, "[color] {}\n", kRed);
  if (row.role == WaveRow::Role::kGolden) fmt::format_to(out, "[color] {}\n", kYellow);
  fmt::format_to(out, "@{:x}\n", GtkwFlags(row.format));
  const std::string range = row.bits > 1 && row.text != "cycle" ? fmt::format("[{}:0]", row.bits - 1) : "";
  if (row.role != WaveRow::Role::kNone) fmt::format_to(out, "+{{{} {}}} ", row.label, RoleName(row.role));
  fmt::format_to(out, "{}{}\n", row.text, range);
}

void AddGtkwRow(const WaveRow& row, std::string* text) {
  const auto out = std::back_inserter(*text);
  const std::string label = row.text.empty() ? "top" : row.text;
  switch (row.kind) {
    case WaveRow::Kind::kText:
      for (const std::string& line : Wrap(row.text)) fmt::format_to(out, "@{:x}\n-{}\n", kComment, line);
      break;
    case WaveRow::Kind::kGroup:
      fmt::format_to(out, "@{:x}\n-{}\n", kGroupBegin | (row.is_closed ? kClosed : 0), label);
      break;
    case WaveRow::Kind::kGroupEnd:
      fmt::format_to(out, "@{:x}\n-{}\n", kGroupEnd | (row.is_closed ? kClosed : 0), label);
      break;
    case WaveRow::Kind::kSignal:
      AddGtkwSignal(row, text);
  }
}

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

const char* SurferFormat(ValueFormat format) {
  switch (format) {
    case ValueFormat::kBit:
      return "None";
    case ValueFormat::kSigned:
      return "Some(\"Signed\")";
    case ValueFormat::kUnsigned:
      return "Some(\"Unsigned\")";
    default:
      return "Some(\"Hexadecimal\")";
  }
}

const char* SurferColour(WaveRow::Role role) {
  switch (role) {
    case WaveRow::Role::kGolden:
      return "Some(\"Yellow\")";
    case WaveRow::Role::kDiff:
      return "Some(\"Red\")";
    default:
      return "None";
  }
}

// Surfer finds variables by their names; the numbers are hints that it corrects.
std::string SurferVariable(const WaveRow& row, int number) {
  const size_t dot = row.text.rfind('.');
  const std::string name = dot == row.text.npos ? row.text : row.text.substr(dot + 1);
  std::string scopes, shown = "None";
  if (row.is_focus) shown = "Some(" + Quoted(row.text) + ")";
  else if (row.is_lane) shown = fmt::format("Some({})", Quoted(row.label + " " + RoleName(row.role)));
  for (size_t begin = 0; dot != row.text.npos && begin <= dot;) {
    const size_t end = row.text.find('.', begin);
    scopes += Quoted(row.text.substr(begin, end - begin)) + ", ";
    begin = end + 1;
  }
  return fmt::format(
      "            ({0}): Variable((\n"
      "                variable_ref: (path: (strs: [{1}], id: Wellen((1))), name: {2}, id: Wellen(({0})), "
      "index: None),\n"
      "                color: {3},\n"
      "                background_color: None,\n"
      "                display_name: {2},\n"
      "                display_name_type: Unique,\n"
      "                manual_name: {4},\n"
      "                format: {5},\n"
      "                field_formats: [],\n"
      "                height_scaling_factor: {6},\n"
      "                analog: None,\n"
      "            )),\n",
      number, scopes, Quoted(name), SurferColour(row.role), shown, SurferFormat(row.format),
      row.is_focus && row.role != WaveRow::Role::kDiff ? "Some(2.0)" : "None");
}

// A time as num_bigint writes it: sign, then 32-bit digits, the lowest first.
std::string SurferTime(int64_t time) {
  if (time == 0) return "(0, [])";
  const auto low = uint32_t(time), high = uint32_t(uint64_t(time) >> 32);
  return high == 0 ? fmt::format("(1, [{}])", low) : fmt::format("(1, [{}, {}])", low, high);
}

}  // namespace

ValueFormat FormatOf(const WaveSignal& signal) {
  if (signal.lanes > 1) return ValueFormat::kHex;
  return signal.is_signed ? FormatOf(signal.bits, *signal.is_signed) : FormatOf(signal.bits);
}

bool DiffersAt(const WaveSignal& signal, size_t i) {
  return i < signal.golden.size() && Differs(signal.rtl[i], signal.golden[i]);
}

bool DiffersAnywhere(const WaveSignal& signal) {
  for (size_t i = 0; i < signal.golden.size(); ++i)
    if (DiffersAt(signal, i)) return true;
  return false;
}

bool HasGolden(const WaveSignal& signal) {
  return std::any_of(signal.golden.begin(), signal.golden.end(),
                     [](const std::string& value) { return value.find_first_of("01") != value.npos; });
}

int64_t CyclesOf(const WaveWindow& window) {
  return window.signals.empty() ? 0 : int64_t(window.signals.front().rtl.size());
}

WaveView ViewOf(const WaveWindow& window, const std::optional<WaveFocus>& focus, int64_t cycles) {
  const int64_t end = window.begin + CyclesOf(window);
  const int64_t wanted = focus ? focus->cycle - cycles / 3 : window.begin;
  const int64_t begin = std::max(window.begin, std::min(wanted, end - cycles));
  return {begin, std::min(begin + cycles, end)};
}

std::vector<WaveRow> LayOut(const WaveWindow& window, const std::optional<WaveFocus>& focus) {
  using Kind = WaveRow::Kind;
  std::vector<WaveRow> rows;
  if (focus) rows.push_back({Kind::kText, OneLine(focus->title)});
  rows.push_back({Kind::kSignal, "clk", 1});
  rows.push_back({.kind = Kind::kSignal, .text = "cycle", .bits = 64, .format = ValueFormat::kUnsigned});
  if (focus) {
    rows.push_back({Kind::kText, "first difference"});
    AddSignal(window.signals[focus->signal], true, focus->lane, &rows);
  }
  for (const std::string& scope : ScopesOf(window)) {
    rows.push_back({Kind::kGroup, scope});
    for (size_t i = 0; i < window.signals.size(); ++i)
      if (window.signals[i].scope == scope && !(focus && focus->signal == i))
        AddSignal(window.signals[i], false, -1, &rows);
    if (rows.back().kind == Kind::kGroup) rows.pop_back();
    else rows.push_back({Kind::kGroupEnd, scope});
  }
  return rows;
}

std::string GtkwText(const WaveWindow& window, const std::optional<WaveFocus>& focus) {
  const WaveView view = ViewOf(window, focus, kViewCycles);
  const int64_t cycles = std::max<int64_t>(view.end - view.begin, 1);
  const std::vector<WaveRow> rows = LayOut(window, focus);
  const int names = NamesWidth(rows);
  const double zoom =
      -std::log2(double(cycles * kCyclePs) / (kWindowWidth - kBorders - names) * kFramePixels);
  const int64_t marker = focus ? focus->cycle * kCyclePs : -1;
  std::string text = "[*] Weft: rtl, golden and their difference; open with: gtkwave waves.gtkw\n";
  text += "[dumpfile] \"waves.fst\"\n[savefile] \"waves.gtkw\"\n";
  text += fmt::format("[timestart] {}\n[size] {} {}\n[pos] -1 -1\n", view.begin * kCyclePs, kWindowWidth,
                      kWindowHeight);
  text += fmt::format("*{:.6f} {}", zoom, marker);
  for (int i = 0; i < 26; ++i) text += " -1";  // the named markers
  text += fmt::format("\n[sst_width] 0\n[signals_width] {}\n[sst_expanded] 0\n", names);
  for (const WaveRow& row : rows) AddGtkwRow(row, &text);
  return text + "[pattern_trace] 1\n[pattern_trace] 0\n";
}

std::string SurferText(const WaveWindow& window, const std::optional<WaveFocus>& focus) {
  const WaveView view = ViewOf(window, focus, kViewCycles);
  const double last = double(std::max<int64_t>(window.begin + CyclesOf(window), 1));
  const double left = double(view.begin) / last, right = double(view.end) / last;
  std::string tree, items;
  int number = 0;
  for (const WaveRow& row : LayOut(window, focus)) {
    // It has no groups to close here.
    if (row.kind == WaveRow::Kind::kGroupEnd || row.is_closed) continue;
    ++number;
    tree +=
        fmt::format("                (item_ref: ({}), level: 0, unfolded: true, selected: false),\n", number);
    if (row.kind != WaveRow::Kind::kSignal) {
      items +=
          fmt::format("            ({}): Divider((color: None, background_color: None, name: Some({}))),\n",
                      number, Quoted(row.text.empty() ? "top" : row.text));
      continue;
    }
    items += SurferVariable(row, number);
  }
  const std::string cursor = focus ? "Some(" + SurferTime(focus->cycle * kCyclePs) + ")" : "None";
  return fmt::format(
      "// Weft: rtl, golden and their difference, for Surfer 0.6 and 0.7: surfer waves.fst --state-file "
      "waves.surf.ron\n"
      R"((
    show_hierarchy: None,
    show_menu: None,
    show_ticks: None,
    show_toolbar: None,
    show_tooltip: None,
    show_scope_tooltip: None,
    show_default_timeline: None,
    show_overview: None,
    show_statusbar: None,
    align_names_right: None,
    show_variable_indices: None,
    show_variable_direction: None,
    show_empty_scopes: None,
    show_hierarchy_icons: None,
    show_parameters_in_scopes: None,
    enable_time_offset: Some(false),
    waves: Some((
        source: File("waves.fst"),
        format: Fst,
        active_scope: None,
        items_tree: (
            items: [
{}            ],
        ),
        displayed_items: {{
{}        }},
        display_item_ref_counter: {},
        viewports: [
            (
                curr_left: ({:#.12g}),
                curr_right: ({:#.12g}),
                target_left: ({:#.12g}),
                target_right: ({:#.12g}),
                move_start_left: ({:#.12g}),
                move_start_right: ({:#.12g}),
                move_duration: None,
                move_strategy: Instant,
            ),
        ],
        cursor: {},
        markers: {{}},
        annotation_groups: [],
        annotation_list_visible: false,
        last_active_viewport_idx: 0,
        focused_item: None,
        focused_transaction: (None, None),
        default_variable_name_type: Unique,
        scroll_offset: 0.0,
        display_variable_indices: true,
        graphics: {{}},
    )),
    drag_started: false,
    drag_source_idx: None,
    drag_target_idx: None,
    previous_waves: None,
    count: None,
    blacklisted_translators: [],
    show_about: false,
    show_keys: false,
    show_gestures: false,
    show_quick_start: false,
    show_license: false,
    show_performance: false,
    show_logs: false,
    show_cursor_window: false,
    wanted_timeunit: PicoSeconds,
    time_string_format: None,
    show_url_entry: false,
    variable_name_filter_focused: false,
    variable_filter: (
        name_filter_type: Contain,
        name_filter_str: "",
        name_filter_case_insensitive: true,
        include_inputs: true,
        include_outputs: true,
        include_inouts: true,
        include_others: true,
        group_by_direction: false,
    ),
    sidepanel_width: Some(300.0),
    ui_zoom_factor: None,
    animation_enabled: None,
)
)",
      tree, items, number, left, right, left, right, left, right, cursor);
}

}  // namespace weft
