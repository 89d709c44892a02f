// SPDX-License-Identifier: Apache-2.0
// A report as one HTML file that needs nothing else: report.html, report.css and report.js of this folder
// with the data between them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace weft {

std::string ReportPage(const nlohmann::ordered_json& report, const std::string& title,
                       const std::string& network_svg);

}  // namespace weft
