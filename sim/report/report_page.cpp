// SPDX-License-Identifier: Apache-2.0
#include "sim/report/report_page.hpp"

#include <string_view>

#include "sim/report/network_svg.hpp"
#include "sim/report/report_template.hpp"  // made by CMake

namespace weft {
namespace {

void Replace(std::string_view what, const std::string& by, std::string* text) {
  text->replace(text->find(what), what.size(), by);
}

// JSON inside a <script>: nothing in it can end the element.
std::string ScriptText(const nlohmann::ordered_json& json) {
  std::string text;
  for (const char c : json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace))
    if (c == '<') text += "\\u003c";
    else text += c;
  return text;
}

}  // namespace

std::string ReportPage(const nlohmann::ordered_json& report, const std::string& title,
                       const std::string& network_svg) {
  std::string page = kReportHtml;
  // From the last place to the first: no text that a model brings is searched.
  Replace("@SCRIPT@", kReportJs, &page);
  Replace("@DATA@", ScriptText(report), &page);
  Replace("@NETWORK@", network_svg, &page);
  Replace("@STYLE@", kReportCss, &page);
  Replace("@TITLE@", Escape(title), &page);
  return page;
}

}  // namespace weft
