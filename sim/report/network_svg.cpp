// SPDX-License-Identifier: Apache-2.0
#include "sim/report/network_svg.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace weft {
namespace {

// In pixels.
constexpr int kVolume = 66;                                  // the column of volumes
constexpr int kBlock = 236, kRow = 34, kGap = 18;            // an operator, and to the next one
constexpr int kInside = 4;                                   // between operators of a stage
constexpr int kLane = 11, kLanesAt = kVolume + kBlock + 10;  // of edges that skip operators

// Colours come from the page that holds the drawing, if it sets them.
constexpr const char* kStyle = R"(<style>
.net{--n-ink:var(--ink,#1b2430);--n-dim:var(--dim,#5b6775);--n-card:var(--card,#fff);--n-line:var(--line,#c9d1da);--n-group:var(--group,#e9eef5);
--n-conv:var(--c-array,#2a78b8);--n-move:var(--c-move,#7a8796);--n-pool:var(--c-pool,#3f9a6b);--n-add:var(--c-add,#c77d1e);--n-host:var(--c-host,#a2508f)}
@media (prefers-color-scheme:dark){.net{--n-ink:var(--ink,#e6ebf1);--n-dim:var(--dim,#98a4b3);--n-card:var(--card,#1b222c);--n-line:var(--line,#3a4553);--n-group:var(--group,#242d39)}}
.net{font:12px system-ui,sans-serif}.net .name{fill:var(--n-ink);font-weight:600}.net .what,.net .shape{fill:var(--n-dim);font-size:10.5px}
.net .block{fill:var(--n-card);stroke:var(--n-line)}.net .group{fill:var(--n-group);stroke:none}.net .host .block{stroke:var(--n-host);stroke-dasharray:4 3}
.net .edge{fill:none;stroke:var(--n-dim);stroke-width:1.4}.net .tip{fill:var(--n-dim)}
.net .conv{--n-tone:var(--n-conv)}.net .move{--n-tone:var(--n-move)}.net .pool{--n-tone:var(--n-pool)}.net .add{--n-tone:var(--n-add)}.net .host{--n-tone:var(--n-host)}
.net .mark{fill:var(--n-tone)}.net .face{fill:var(--n-tone);fill-opacity:.3;stroke:var(--n-tone);stroke-width:.8;stroke-linejoin:round}
.net a:focus-visible .block,.net a:hover .block,.net a.here .block{stroke:var(--n-conv);stroke-width:2}.net a:focus{outline:none}
</style>)";

const char* ClassOf(const Node& node) {
  switch (node.op) {
    case Op::kConv:
      return "conv";
    case Op::kMaxPool:
    case Op::kAveragePool:
      return "pool";
    case Op::kAdd:
    case Op::kPair:
    case Op::kTable:
      return "add";
    case Op::kSoftmax:
    case Op::kHost:
      return "host";
    default:
      return "move";
  }
}

// At most so many characters of a name, its end if it is longer.
std::string Cut(const std::string& name, size_t most) {
  if (name.size() <= most) return name;
  size_t from = name.size() - (most - 1);
  while (from < name.size() && (uint8_t(name[from]) & 0xC0) == 0x80) from++;
  return "\u2026" + name.substr(from);
}

// ... of a description, its beginning.
std::string CutEnd(const std::string& text, size_t most) {
  size_t count = 0, at = 0;
  while (at < text.size() && count < most) {
    at++;
    while (at < text.size() && (uint8_t(text[at]) & 0xC0) == 0x80) at++;
    count++;
  }
  return at == text.size() ? text : text.substr(0, at) + "\u2026";
}

std::string ShapeText(const Shape& s) { return fmt::format("{}\u00d7{}\u00d7{}", s.h, s.w, s.c); }

class Drawing {
 public:
  Drawing(const Graph& graph, const std::vector<Stage>& stages, bool links)
      : graph_(graph), stages_(stages), links_(links) {
    for (const TensorInfo& tensor : graph.tensors) {
      largest_ = std::max(largest_, std::max(tensor.shape.h, tensor.shape.w));
      deepest_ = std::max(deepest_, tensor.shape.c);
    }
  }

  std::string Draw() {
    Place();
    std::string body = Block(-1);
    for (const Stage& stage : stages_) {
      body += Group(stage);
      for (const int node : stage.nodes) body += Block(node);
    }
    const std::string edges = Edges();  // finds how many lanes there are
    const int width = kLanesAt + kLane * int(lanes_.size()) + 4;
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"net\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" role=\"{4}\" aria-label=\"The network: {5} operators\">{2}{3}{6}</svg>",
        width, y_, kStyle, body, links_ ? "group" : "img", graph_.nodes.size(), edges);
  }

 private:
  // Where each operator lies: the input first (-1), then stage by stage.
  void Place() {
    y_ = 4;
    rows_[-1] = y_;
    order_.push_back(-1);
    y_ += kRow + kGap;
    for (const Stage& stage : stages_) {
      for (const int node : stage.nodes) {
        rows_[node] = y_;
        order_.push_back(node);
        y_ += kRow + kInside;
      }
      y_ += kGap - kInside;
    }
    y_ -= kGap - 8;
  }

  [[nodiscard]] std::string Group(const Stage& stage) const {
    if (stage.nodes.size() < 2) return "";
    const int top = rows_.at(stage.nodes.front()), bottom = rows_.at(stage.nodes.back()) + kRow;
    return fmt::format(
        "<rect class=\"group\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"><title>one pass of the "
        "engine</title></rect>",
        kVolume - 5, top - 5, kBlock + 10, bottom - top + 10);
  }

  // A tensor as a volume: height and width as they are, the channels by their logarithm.
  [[nodiscard]] std::string Volume(const Shape& s, int y) const {
    const double h = 3 + 23 * std::sqrt(double(s.h) / largest_),
                 w = 2 + 11 * std::sqrt(double(s.w) / largest_);
    const double c = 2 + 28 * std::log2(1.0 + s.c) / std::log2(1.0 + deepest_);
    const double x = (kVolume - 12 - (c + w)) / 2, top = y + kRow / 2.0 - h / 2 + w / 4;
    return fmt::format(
        "<path class=\"face\" d=\"M{0:.1f} {1:.1f}h{2:.1f}v{3:.1f}h-{2:.1f}zM{0:.1f} {1:.1f}l{4:.1f} "
        "-{5:.1f}h{2:.1f}l-{4:.1f} {5:.1f}zM{6:.1f} {1:.1f}l{4:.1f} -{5:.1f}v{3:.1f}l-{4:.1f} {5:.1f}z\"/>",
        x, top, c, h, w, w / 2, x + c);
  }

  [[nodiscard]] std::string Block(int number) const {
    const int y = rows_.at(number);
    const TensorInfo& out =
        graph_.tensors[size_t(number < 0 ? graph_.input : graph_.nodes[size_t(number)].output)];
    const std::string name = number < 0 ? out.name : graph_.nodes[size_t(number)].name;
    const std::string what = number < 0 ? "input" : OperatorText(graph_, graph_.nodes[size_t(number)]);
    const bool on_host = number >= 0 && std::ranges::any_of(stages_, [&](const Stage& stage) {
                           return stage.on_host() && std::ranges::count(stage.nodes, number) > 0;
                         });
    const char* const kind = number < 0 ? "move" : on_host ? "host" : ClassOf(graph_.nodes[size_t(number)]);
    const std::string shape = ShapeText(out.shape);
    std::string text = fmt::format(
        "<g class=\"{}\"><title>{}: {}, gives {}{}</title>{}<rect class=\"block\" x=\"{}\" y=\"{}\" "
        "width=\"{}\" height=\"{}\" rx=\"5\"/><rect class=\"mark\" x=\"{}\" y=\"{}\" width=\"4\" "
        "height=\"{}\" "
        "rx=\"2\"/><text class=\"name\" x=\"{}\" y=\"{}\">{}</text><text class=\"what\" x=\"{}\" "
        "y=\"{}\">{}</text><text class=\"shape\" text-anchor=\"end\" x=\"{}\" y=\"{}\">{}</text></g>",
        kind, Escape(name), Escape(what), shape, on_host ? ", on the host" : "", Volume(out.shape, y),
        kVolume, y, kBlock, kRow, kVolume + 4, y + 5, kRow - 10, kVolume + 14, y + 14,
        Escape(number < 0 ? Cut(name, 26) : fmt::format("{}  {}", number + 1, Cut(name, 25))), kVolume + 14,
        y + 28, Escape(CutEnd(on_host ? what + ", host" : what, 27)), kVolume + kBlock - 8, y + 28, shape);
    if (links_)
      text =
          fmt::format("<a href=\"#{}\">{}</a>", number < 0 ? "input" : fmt::format("node-{}", number), text);
    return text;
  }

  // The operator that gives a tensor; -1: the input.
  [[nodiscard]] int GiverOf(int tensor) const {
    const auto giver =
        std::ranges::find_if(graph_.nodes, [&](const Node& node) { return node.output == tensor; });
    return giver == graph_.nodes.end() ? -1 : int(giver - graph_.nodes.begin());
  }

  std::string Edges() {
    std::string text;
    for (size_t i = 1; i < order_.size(); i++) {
      std::vector<int> givers;
      for (const int input : graph_.nodes[size_t(order_[i])].inputs)
        if (const int giver = GiverOf(input); rows_.contains(giver) && !std::ranges::count(givers, giver))
          givers.push_back(giver);
      for (const int giver : givers)
        text += giver == order_[i - 1] ? Down(giver, order_[i]) : Around(giver, order_[i]);
    }
    return text;
  }

  [[nodiscard]] std::string Down(int from, int to) const {
    const int x = kVolume + kBlock / 2, y0 = rows_.at(from) + kRow, y1 = rows_.at(to);
    if (y1 - y0 <= kInside) return "";  // they touch: a stage's own
    return fmt::format(
        "<path class=\"edge\" d=\"M{0} {1}V{2}\"/><path class=\"tip\" d=\"M{0} {3}l-4 -6h8z\"/>", x, y0,
        y1 - 5, y1);
  }

  std::string Around(int from, int to) {
    const int y0 = rows_.at(from) + kRow / 2 + 4, y1 = rows_.at(to) + kRow / 2 - 4;
    size_t lane = 0;
    while (lane < lanes_.size() && lanes_[lane] > y0) lane++;
    if (lane == lanes_.size()) lanes_.push_back(0);
    lanes_[lane] = y1;
    const int edge = kVolume + kBlock, x = kLanesAt + kLane * int(lane) + 4;
    return fmt::format(
        "<path class=\"edge\" d=\"M{0} {1}H{2}Q{3} {1} {3} {4}V{5}Q{3} {6} {2} {6}H{7}\"/><path "
        "class=\"tip\" "
        "d=\"M{0} {6}l6 -4v8z\"/>",
        edge, y0, x - 6, x, y0 + 6, y1 - 6, y1, edge + 5);
  }

  const Graph& graph_;
  const std::vector<Stage>& stages_;
  bool links_;
  int largest_ = 1, deepest_ = 1, y_ = 0;
  std::map<int, int> rows_;  // the top of each operator
  std::vector<int> order_;
  std::vector<int> lanes_;  // where the last edge of each ends
};

}  // namespace

std::string NetworkSvg(const Graph& graph, const std::vector<Stage>& stages, bool links) {
  return Drawing(graph, stages, links).Draw();
}

std::string OperatorText(const Graph& graph, const Node& node) {
  const auto window = [](const Window& w, bool pool) {
    std::string text = fmt::format(" {}\u00d7{}", w.kh, w.kw);
    const bool usual = pool ? w.stride_h == w.kh && w.stride_w == w.kw : w.stride_h == 1 && w.stride_w == 1;
    if (!usual)
      text += w.stride_h == w.stride_w ? fmt::format(", stride {}", w.stride_h)
                                       : fmt::format(", stride {}\u00d7{}", w.stride_h, w.stride_w);
    if (w.dilation_h != 1 || w.dilation_w != 1) text += fmt::format(", dilation {}", w.dilation_h);
    return text;
  };
  const Shape& in = graph.tensors[size_t(node.inputs.at(0))].shape;
  switch (node.op) {
    case Op::kConv: {
      const bool whole = node.conv.window.kh == in.h && node.conv.window.kw == in.w &&
                         node.conv.groups == 1 && node.conv.window.pad == Padding{};
      const char* const what = node.conv.groups == 1            ? "conv"
                               : node.conv.filters.shape.c == 1 ? "depthwise"
                                                                : "grouped conv";
      std::string text = whole ? "fully connected" : what + window(node.conv.window, false);
      if (node.conv.max_pool) text += ", max pool" + window(*node.conv.max_pool, true);
      return text;
    }
    case Op::kMaxPool:
      return "max pool" + window(node.pool, true);
    case Op::kAveragePool:
      if (node.pool.kh == in.h && node.pool.kw == in.w) return "global average pool";
      return "average pool" + window(node.pool, true);
    case Op::kUpsample:
      return fmt::format("upsample {}\u00d7{}", node.upsample.factor_h, node.upsample.factor_w);
    case Op::kHost:
      return node.host.what;
    default: {
      std::string name = OpName(node.op);
      std::ranges::replace(name, '_', ' ');
      return name;
    }
  }
}

std::string Escape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const auto lead = uint8_t(text[i]);
    const size_t size = lead < 0x80 ? 1 : lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : 2;
    bool valid = lead < 0x80 || (lead >= 0xC2 && lead < 0xF5);
    for (size_t k = 1; k < size; k++)
      valid = valid && i + k < text.size() && (uint8_t(text[i + k]) & 0xC0) == 0x80;
    if (!valid || lead < 0x20 || lead == 0x7f) {
      out += '?';
      i++;
      continue;
    }
    switch (lead) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += text.substr(i, size);
    }
    i += size;
  }
  return out;
}

}  // namespace weft
