#include "reference_lines.hpp"

namespace kpr::reference {

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (;;) {
    const auto end = text.find(separator, start);
    parts.push_back(text.substr(start, end == std::string::npos ? end : end - start));
    if (end == std::string::npos)
      return parts;
    start = end + separator.size();
  }
}

std::string trim_right(std::string text) {
  text.erase(text.find_last_not_of(" \t\r") + 1);
  return text;
}

std::string trim(std::string text) {
  text = trim_right(std::move(text));
  text.erase(0, text.find_first_not_of(" \t"));
  return text;
}

bool Pattern::operator()(const std::string& line, std::vector<std::string>& group) const {
  const int count = re_.NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> pieces(static_cast<std::size_t>(count));
  if (!re_.Match(line, 0, line.size(), RE2::ANCHOR_BOTH, pieces.data(), count))
    return false;
  group.clear();
  for (const auto& p : pieces)
    group.emplace_back(p.data() == nullptr ? "" : std::string(p.data(), p.size()));
  return true;
}

std::vector<std::string> clean_lines(std::string text) {
  if (text.starts_with("\xEF\xBB\xBF"))
    text.erase(0, 3);
  RE2::GlobalReplace(&text, "\x1b\\[[0-9;?]*[A-Za-z]", "");
  auto lines = split(text, "\n");
  for (auto& line : lines)
    if (line.ends_with('\r'))
      line.pop_back();
  static const RE2 first_key("([ \\t#>|]+)(?:KVStore|Kubernetes|Kubernetes "
                             "APIs|KubeProxyReplacement|Cilium|NodeMonitor|IPAM|Controller "
                             "Status|Cluster health|Host firewall|Encryption):.*");
  std::string prefix;
  for (const auto& line : lines)
    if (RE2::FullMatch(line, first_key, &prefix))
      break;
  if (!prefix.empty())
    for (auto& line : lines) {
      if (line.starts_with(prefix))
        line.erase(0, prefix.size());
      else if (trim_right(prefix) == line)
        line.clear();
    }
  for (auto& line : lines)  // the cell separator, where a text has not been through tabwriter
    for (std::size_t tab; (tab = line.find('\t')) != std::string::npos;)
      line.replace(tab, 1, "   ");
  return lines;
}

}  // namespace kpr::reference
