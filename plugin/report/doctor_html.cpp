// One self-contained page: no script, no network, light and dark, prints well. Everything from the
// cluster goes through escape_html.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "report/doctor.hpp"
#include "util/strings.hpp"

namespace kpr::report {
namespace {

constexpr std::string_view k_style = R"(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#626c77;--line:#d5dae0;--card:#f6f8fa;--critical:#b3261e;--error:#cf4a12;--warn:#8a6100;--info:#2a5db0;
--ok-bg:#dcf3e2;--odd-bg:#ffe2b8;--bad-bg:#ffd3cf;--none-bg:#e8ebee}
@media (prefers-color-scheme:dark){:root{--bg:#12161b;--fg:#e3e8ee;--dim:#98a3af;--line:#313a44;--card:#1a2027;--critical:#ff8a80;--error:#ffab7a;--warn:#f0c560;--info:#8db8ff;
--ok-bg:#16381f;--odd-bg:#57390a;--bad-bg:#5a1a16;--none-bg:#262e36}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:120rem;margin:0 auto;padding:1.5rem}main>p,.finding,ul{max-width:72rem}h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .6rem}
p{margin:.35rem 0}.dim{color:var(--dim)}code,pre{font:13px/1.45 ui-monospace,monospace}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.6rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:.4rem 0}
.finding{border:1px solid var(--line);border-left:5px solid var(--dim);border-radius:6px;padding:.7rem 1rem;margin:.8rem 0;break-inside:avoid}
.critical{border-left-color:var(--critical)}.error{border-left-color:var(--error)}.warn{border-left-color:var(--warn)}.info{border-left-color:var(--info)}
.tag{font-weight:700;text-transform:uppercase;font-size:.78rem;letter-spacing:.04em}.critical .tag{color:var(--critical)}.error .tag{color:var(--error)}.warn .tag{color:var(--warn)}.info .tag{color:var(--info)}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px}th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;white-space:nowrap}
th{background:var(--card)}td.same{background:var(--ok-bg)}td.odd{background:var(--odd-bg);font-weight:700}td.bad{background:var(--bad-bg);font-weight:700}td.none{background:var(--none-bg);color:var(--dim)}
summary{cursor:pointer}ul{margin:.3rem 0;padding-left:1.2rem}
@media print{main{max-width:none;padding:0}details>*{display:block}pre{border-color:#999}}
)";

std::string steps(std::string_view title, const finding::Steps& list) {
  std::string out;
  bool in_block = false;  // commands in a row share one
  for (const finding::StepLine& line : finding::lines_of(list)) {
    if (line.is_command != in_block)
      out += in_block ? "</pre>\n" : "<pre>";
    in_block = line.is_command;
    out += in_block ? escape_html(line.text) + "\n" : "<p>" + escape_html(line.text) + "</p>\n";
  }
  return out.empty() ? out
                     : fmt::format("<p>{}:</p>\n{}{}", title, out, in_block ? "</pre>\n" : "");
}

// Nodes × settings and findings: green is what most nodes have, amber what differs, red a finding,
// grey what is not known.
std::string heat_map(const DoctorReport& report) {
  if (report.nodes.empty())
    return "";
  std::vector<std::string> usual(report.node_columns.size());
  for (std::size_t c = 0; c < report.node_columns.size(); ++c) {
    std::map<std::string, std::size_t> counts;
    std::size_t best = 0;
    for (const NodeFacts& node : report.nodes) {
      if (c >= node.values.size() || node.values[c].empty())
        continue;
      const std::size_t n = ++counts[node.values[c]];
      if (n > best) {
        best = n;
        usual[c] = node.values[c];
      }
    }
  }
  std::vector<const Finding*> columns;
  for (const Finding& f : report.findings) {
    if (!f.nodes.empty() && columns.size() < 24)
      columns.push_back(&f);
  }
  std::string out = "<h2>Nodes</h2>\n<div class=\"scroll\"><table>\n<tr><th>Node</th>";
  for (const Finding* f : columns)
    out += "<th>" + escape_html(f->id) + "</th>";  // first: they are what the reader came for
  for (const std::string& title : report.node_columns)
    out += "<th>" + escape_html(title) + "</th>";
  out += "</tr>\n";
  for (const NodeFacts& node : report.nodes) {
    out += "<tr><th>" + escape_html(node.node) + "</th>";
    for (const Finding* f : columns) {
      const bool hit = std::find(f->nodes.begin(), f->nodes.end(), node.node) != f->nodes.end();
      out += hit ? fmt::format("<td class=\"{}\">{}</td>",
                               f->severity >= Severity::error ? "bad" : "odd",
                               to_string(f->severity))
                 : "<td></td>";
    }
    if (!node.read && !report.node_columns.empty()) {
      out += fmt::format("<td class=\"none\" colspan=\"{}\">not read: {}</td>",
                         report.node_columns.size(),
                         escape_html(node.reason));
    } else {
      for (std::size_t c = 0; c < report.node_columns.size(); ++c) {
        const std::string value = c < node.values.size() ? node.values[c] : "";
        out += value.empty() ? "<td class=\"none\">unknown</td>"
                             : fmt::format("<td class=\"{}\">{}</td>",
                                           value == usual[c] ? "same" : "odd",
                                           escape_html(value));
      }
    }
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

std::string finding_section(const Finding& f) {
  std::string out =
      fmt::format("<section class=\"finding {0}\" id=\"{1}\">\n<p><span class=\"tag\">{0}</span> "
                  "<code>{1}</code></p>\n<p><strong>{2}</strong></p>\n",
                  to_string(f.severity),
                  escape_html(f.id),
                  escape_html(f.summary));
  if (!f.nodes.empty())
    out += "<p>Nodes: " + escape_html(join(f.nodes, ", ")) + "</p>\n";
  if (!f.objects.empty())
    out += "<p>Objects: " + escape_html(join(f.objects, ", ")) + "</p>\n";
  if (!f.evidence.empty()) {
    out += "<details open><summary>How we know</summary>\n";
    for (const Proof& proof : f.evidence)
      out += "<pre>" + escape_html(proof.text) + "</pre>\n<p class=\"dim\">" +
             escape_html(proof.source) + "</p>\n";
    out += "</details>\n";
  }
  if (!f.why.empty())
    out += "<p>Why it matters: " + escape_html(f.why) + "</p>\n";
  out += steps("Fix", f.fix) + steps("Verify", f.verify);
  if (f.from_memory)
    out += "<p class=\"dim\">This rule rests on general knowledge; weigh it.</p>\n";
  for (const std::string& link : f.links) {
    if (link.starts_with("https://"))
      out += fmt::format("<p class=\"dim\"><a href=\"{0}\">{0}</a></p>\n", escape_html(link));
  }
  return out + "</section>\n";
}

}  // namespace

std::string render_doctor_html(const DoctorReport& report) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
                    "name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    "style-src 'unsafe-inline'\">\n"
                    "<title>kube-proxy replacement report</title>\n<style>";
  out += k_style;
  out += "</style>\n</head>\n<body>\n<main>\n<h1>Kube-proxy replacement: " +
         count_of(report.findings.size(), "finding") + "</h1>\n";
  out += "<p>" + escape_html(inspected_line(report)) + "</p>\n<p class=\"dim\">" +
         escape_html(report.source) +
         (report.now.empty() ? "" : ", as of " + escape_html(report.now)) +
         (report.cilium_versions.empty() ? "" : ", Cilium " + escape_html(report.cilium_versions)) +
         "</p>\n";
  if (report.findings.empty())
    out +=
        !report.complete ? "<p>No findings in what could be read.</p>\n" : "<p>No findings.</p>\n";
  for (const Finding& f : report.findings)
    out += finding_section(f);
  out += heat_map(report);
  if (!report.skipped.empty() || !report.not_judged.empty()) {
    out += "<h2>Not judged</h2>\n<ul>\n";
    for (const auto* list : {&report.skipped, &report.not_judged})
      for (const CheckResult& c : *list)
        out += "<li><code>" + escape_html(c.id) + "</code>: " + escape_html(c.reason) + "</li>\n";
    out += "</ul>\n";
  }
  out += "<h2>Looked at, nothing found</h2>\n<p class=\"dim\">";
  for (std::size_t i = 0; i < report.passed.size(); ++i)
    out += (i == 0 ? "" : ", ") + escape_html(report.passed[i].id);
  return out + "</p>\n</main>\n</body>\n</html>\n";
}

}  // namespace kpr::report
