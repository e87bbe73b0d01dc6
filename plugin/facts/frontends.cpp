#include "facts/frontends.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "util/strings.hpp"

namespace kpr::facts {
namespace {

// "12   10.96.0.1:443   ClusterIP   1 => …" begins a frontend; "                2 => …" goes on
// with it.
enum class Line { begins, goes_on, blank, other };
Line line_kind(std::string_view line) {
  const std::string_view text = trim(line);
  if (text.empty())
    return Line::blank;
  const std::size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || text[digits] != ' ')
    return Line::other;
  const std::string_view rest = trim(text.substr(digits));
  if (rest.starts_with("=>"))
    return Line::goes_on;
  return line.front() == ' ' ? Line::other : Line::begins;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string at_port(const std::string& ip, int port) {
  return ip.find(':') == std::string::npos ? ip + ":" + std::to_string(port)
                                           : "[" + ip + "]:" + std::to_string(port);
}

// A NodePort stands there once for each address of its node; which one tells nothing, and would
// make every node's list another.
const LbFrontend* FrontendPool::keep(LbFrontend&& frontend) {
  if (frontend.type == "NodePort")
    frontend.ip.clear();
  frontend.address = at_port(frontend.ip, frontend.port);
  std::string key = frontend.address + ' ' + frontend.protocol + ' ' + frontend.type +
                    (frontend.local_scope ? " local" : "");
  for (const auto& b : frontend.backends)
    key += '\n' + at_port(b.ip, b.port) + ' ' + b.state;
  auto& kept = frontends_[std::move(key)];
  if (!kept)
    kept = std::make_unique<const LbFrontend>(std::move(frontend));
  return kept.get();
}

FrontendPool::List FrontendPool::from_json(const nlohmann::json& service_list) {
  List out;
  for (auto& frontend : services_from_json(service_list))
    out.push_back(keep(std::move(frontend)));
  return out;
}

const LbFrontend* FrontendPool::read(std::string_view header, std::string_view lines) {
  bool first = true;
  for (const std::string_view line : split(lines, '\n')) {
    const Line kind = line_kind(line);
    if (kind != (std::exchange(first, false) ? Line::begins : Line::goes_on) && kind != Line::blank)
      return nullptr;
  }
  auto parsed = parse_service_list(std::string(header) + '\n' + std::string(lines));
  return parsed.size() == 1 ? keep(std::move(parsed.front())) : nullptr;
}

FrontendPool::Block*
FrontendPool::block_of(std::string_view header, std::string_view lines, std::size_t address) {
  std::string_view text = lines.substr(address);
  const std::size_t blank = std::min(text.find(' '), text.size());
  const bool node_port = trim(text.substr(blank)).starts_with("NodePort ");
  if (node_port)
    text.remove_prefix(text.rfind(':', blank) + 1);
  if (const auto known = blocks_.find(text); known != blocks_.end())
    return known->second.get();
  auto block = std::make_unique<Block>(Block{std::string(text), node_port, read(header, lines)});
  const std::string_view key = block->text;
  return blocks_.emplace(key, std::move(block)).first->second.get();
}

// Where the block ends whose address stands here, if it is this one; npos if not.
std::size_t FrontendPool::Block::end_in(std::string_view all, std::size_t address) const {
  if (node_port) {
    const std::size_t blank = all.find(' ', address);
    const std::size_t colon = blank == std::string_view::npos ? blank : all.rfind(':', blank);
    if (colon == std::string_view::npos || colon < address)
      return std::string_view::npos;  // no port in this one
    address = colon + 1;
  }
  if (all.substr(address, text.size()) != text)
    return std::string_view::npos;
  const std::size_t end = address + text.size();
  const bool ends =
      end == all.size() || (all[end] == '\n' && (end + 1 == all.size() || is_digit(all[end + 1])));
  return ends ? end : std::string_view::npos;
}

// The parser sees a frontend's lines once, below the header: the next agent that prints them is not
// parsed at all. A list with other lines than a header, frontends and their backends goes to the
// parser as it is.
FrontendPool::List FrontendPool::from_text(std::string_view text) {
  const auto line_end = [text](std::size_t at) {
    return std::min(text.find('\n', at), text.size());
  };
  const auto behind = [text](std::string_view characters, std::size_t at) {
    return std::min(text.find_first_not_of(characters, at), text.size());
  };
  std::size_t at = behind(" \t\r\n", 0);
  const std::string_view header = text.substr(at, line_end(at) - at);
  bool simple = header.find("Frontend") != std::string_view::npos;
  List out;
  Block* before = nullptr;
  for (at = std::min(line_end(at) + 1, text.size()); simple && at < text.size();) {
    const std::size_t address = behind(" ", behind("0123456789", at));
    Block* here = before == nullptr ? nullptr : before->next;
    std::size_t end = here == nullptr ? std::string_view::npos : here->end_in(text, address);
    if (end == std::string_view::npos) {
      end = line_end(at);
      while (end + 1 < text.size() && !is_digit(text[end + 1]))
        end = line_end(end + 1);  // up to the next frontend's id
      here = block_of(header, text.substr(at, end - at), std::min(address, end) - at);
      if (before != nullptr)
        before->next = here;
    }
    simple = here->frontend != nullptr;
    out.push_back(here->frontend);
    before = here;
    at = end + 1;
  }
  if (simple)
    return out;
  out.clear();
  for (auto& frontend : parse_service_list(text))
    out.push_back(keep(std::move(frontend)));
  return out;
}

}  // namespace kpr::facts
