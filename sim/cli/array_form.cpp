// SPDX-License-Identifier: Apache-2.0
// Which axes an array of a user has.
#include <algorithm>
#include <set>
#include <utility>

#include "sim/cli/io.hpp"
#include "sw_model/error.hpp"

namespace weft {
namespace {

struct Form {
  std::vector<int64_t> axes;  // of one image
  Layout layout;
};

// Axes of size 1 may be left out, and height, width and channels may be one axis.
std::vector<Form> FormsOf(const InputFormat& format, Layout wanted) {
  const int64_t h = format.shape.h, w = format.shape.w, c = format.shape.c;
  std::vector<Form> forms = {{{h, w, c}, Layout::kHwc}, {{c, h, w}, Layout::kChw}};
  if (c == 1) forms.push_back({{h, w}, Layout::kHwc});
  if (h == 1) forms.insert(forms.end(), {{{w, c}, Layout::kHwc}, {{c, w}, Layout::kChw}});
  const Layout file = format.axes.find('C') < format.axes.find_first_of("HW") ? Layout::kChw : Layout::kHwc;
  for (const Layout layout : {Layout::kHwc, Layout::kChw})
    if (wanted != Layout::kOfShape || !format.is_flat || layout == file)
      forms.push_back({{h * w * c}, layout});
  const bool same_order = c == 1 || h * w == 1;
  if (same_order)
    for (Form& form : forms) form.layout = Layout::kOfShape;
  return forms;
}

}  // namespace

ArrayForm FormOf(const std::vector<int64_t>& array_shape, const InputFormat& format, Layout layout,
                 const std::string& path) {
  std::set<std::pair<int64_t, bool>> found;
  for (const Form& form : FormsOf(format, layout)) {
    if (layout != Layout::kOfShape && form.layout != Layout::kOfShape && form.layout != layout) continue;
    const bool has_batch = array_shape.size() == form.axes.size() + 1;
    if (!has_batch && array_shape.size() != form.axes.size()) continue;
    if (!std::equal(form.axes.begin(), form.axes.end(), array_shape.begin() + (has_batch ? 1 : 0))) continue;
    found.emplace(has_batch ? array_shape[0] : 1, form.layout == Layout::kChw);
  }
  const Shape& s = format.shape;
  if (found.empty())
    throw Error("{}: the array is {} and the network takes {} x {} x {} (height, width, channels{})", path,
                ShapeText(array_shape), s.h, s.w, s.c,
                layout == Layout::kOfShape ? ""
                : layout == Layout::kHwc   ? "; --layout hwc"
                                           : "; --layout chw");
  if (found.size() > 1)
    throw Error("{}: an array of {} can have its channels last or first: say --layout hwc or --layout chw",
                path, ShapeText(array_shape));
  return {found.begin()->first, found.begin()->second};
}

}  // namespace weft
