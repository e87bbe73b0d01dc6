#include "facts/frontends.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/strings.hpp"

namespace kpr::facts {
namespace {

// "12   10.96.0.1:443   ClusterIP   1 => …" begins a frontend; "                2 => …" goes on with it.
enum class Line { begins, goes_on, blank, other };
Line line_kind(std::string_view line) {
  const std::string_view text = trim(line);
  if (text.empty()) return Line::blank;
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || text[digits] != ' ') return Line::other;
  const std::string_view rest = trim(text.substr(digits));
  if (rest.starts_with("=>")) return Line::goes_on;
  return line.front() == ' ' ? Line::other : Line::begins;
}

// Words of a line with one blank between them.
void append_words(std::string& to, std::string_view line) {
  bool gap = false;
  for (const char c : line) {
    if (c == ' ' || c == '\t' || c == '\r') {
      gap = true;
      continue;
    }
    if (gap && !to.empty() && to.back() != '\n') to += ' ';
    gap = false;
    to += c;
  }
  to += '\n';
}

}  // namespace

std::string at_port(const std::string& ip, int port) { return ip.find(':') == std::string::npos ? ip + ":" + std::to_string(port) : "[" + ip + "]:" + std::to_string(port); }

// A NodePort stands there once for each address of its node; which one tells nothing, and would make every node's list another.
const LbFrontend* FrontendPool::keep(LbFrontend&& frontend) {
  if (frontend.type == "NodePort") frontend.ip.clear();
  frontend.address = at_port(frontend.ip, frontend.port);
  std::string key = frontend.address + ' ' + frontend.protocol + ' ' + frontend.type + (frontend.local_scope ? " local" : "");
  for (const auto& b : frontend.backends) key += '\n' + at_port(b.ip, b.port) + ' ' + b.state;
  auto& kept = frontends_[std::move(key)];
  if (!kept) kept = std::make_unique<const LbFrontend>(std::move(frontend));
  return kept.get();
}

FrontendPool::List FrontendPool::from_json(const nlohmann::json& service_list) {
  List out;
  for (auto& frontend : services_from_json(service_list)) out.push_back(keep(std::move(frontend)));
  return out;
}

// The parser sees a frontend's lines once, below the header; the next agent that prints them is not parsed at all. A list with other lines than
// a header, frontends and their backends goes to the parser as it is.
FrontendPool::List FrontendPool::from_text(std::string_view text) {
  List out;
  std::string_view header;
  std::size_t begin = std::string_view::npos;  // of the lines of the frontend at hand
  std::string block;
  bool simple = true;
  const auto finish = [&](std::size_t end) {
    if (begin == std::string_view::npos) return;
    const std::size_t address = block.find(' ');
    if (address != std::string::npos && block.compare(address, 10, " NodePort ") == 0) block.erase(0, block.rfind(':', address));
    auto [known, fresh] = blocks_.try_emplace(block, nullptr);
    if (fresh) {
      auto parsed = parse_service_list(std::string(header) + '\n' + std::string(text.substr(begin, end - begin)));
      if (parsed.size() != 1) simple = false;
      else known->second = keep(std::move(parsed.front()));
    }
    if (known->second == nullptr) simple = false;
    out.push_back(known->second);
  };
  for (std::size_t at = 0; at < text.size() && simple;) {
    const std::size_t stop = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, stop - at);
    const Line kind = line_kind(line);
    if (header.empty()) {
      if (line.find("Frontend") != std::string_view::npos) header = line;
      else simple = kind == Line::blank;
    } else if (kind == Line::begins) {
      finish(at);
      begin = at;
      block.clear();
      append_words(block, trim(line.substr(line.find(' '))));
    } else if (kind == Line::goes_on && begin != std::string_view::npos) {
      append_words(block, line);
    } else {
      simple = kind == Line::blank;
    }
    at = stop + 1;
  }
  if (simple) finish(text.size());
  if (simple && !header.empty()) return out;
  out.clear();
  for (auto& frontend : parse_service_list(text)) out.push_back(keep(std::move(frontend)));
  return out;
}

}  // namespace kpr::facts
