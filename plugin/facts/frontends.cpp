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

bool is_six(std::string_view ip) {
  return ip.find(':') != std::string_view::npos;
}

// All that is in one, as text.
std::string content(const LbFrontend& f) {
  std::string out = f.address + ' ' + f.protocol + ' ' + f.type;
  for (const std::string* word : {&f.ns, &f.name, &f.ext_policy, &f.int_policy, &f.flags})
    out += ' ' + *word;
  out += f.local_scope ? " local" : "";
  out += f.remote ? " remote" : "";
  out += f.master ? "" : " no master";
  for (const auto& b : f.backends)
    out += '\n' + at_port(b.ip, b.port) + ' ' + b.state + ' ' + std::to_string(b.weight);
  return out;
}

}  // namespace

std::string at_port(const std::string& ip, int port) {
  return is_six(ip) ? "[" + ip + "]:" + std::to_string(port) : ip + ":" + std::to_string(port);
}

std::string frontend_name(const LbFrontend& f) {
  return f.address + (f.protocol.empty() ? "" : "/" + f.protocol) + (f.local_scope ? "/i" : "");
}

std::uint32_t FrontendPool::ip_number(std::string_view ip) {
  const auto [known, fresh] =
      ip_numbers_.try_emplace(std::string(ip), static_cast<std::uint32_t>(ips_.size()));
  if (fresh)
    ips_.push_back(&known->first);
  return known->second;
}

std::uint32_t
FrontendPool::key(std::string_view ip, int port, std::string_view protocol, bool local_scope) {
  std::string name(ip);
  name += ' ' + std::to_string(port) + ' ';
  name += protocol;
  if (local_scope)
    name += 'i';
  return keys_.try_emplace(std::move(name), static_cast<std::uint32_t>(keys_.size())).first->second;
}

// A NodePort stands there once for each address of its node, which would make every node's list
// another.
FrontendPool::Listed FrontendPool::keep(LbFrontend&& frontend) {
  Listed listed;
  listed.ip = ip_number(frontend.ip);
  if (frontend.type == "NodePort")
    frontend.ip = is_six(frontend.ip) ? "::" : "0.0.0.0";
  frontend.address = at_port(frontend.ip, frontend.port);
  const auto [kept, fresh] =
      frontends_.try_emplace(content(frontend), static_cast<std::uint32_t>(all_.size()));
  listed.frontend = kept->second;
  if (fresh) {
    frontend.id = kept->second;
    frontend.key = key(frontend.ip, frontend.port, frontend.protocol, frontend.local_scope);
    all_.push_back(std::make_unique<const LbFrontend>(std::move(frontend)));
  }
  return listed;
}

FrontendPool::List FrontendPool::from(std::vector<LbFrontend> frontends) {
  List out;
  out.reserve(frontends.size());
  for (auto& frontend : frontends)
    out.push_back(keep(std::move(frontend)));
  return out;
}

FrontendPool::List FrontendPool::from_json(const nlohmann::json& service_list) {
  return from(services_from_json(service_list));
}

FrontendPool::List FrontendPool::from_kernel(std::string_view bpf_lb_list) {
  return from(parse_bpf_lb_list(bpf_lb_list));
}

bool FrontendPool::read(std::string_view header, std::string_view lines, Listed& into) {
  bool first = true;
  for (const std::string_view line : split(lines, '\n')) {
    const Line kind = line_kind(line);
    if (kind != (std::exchange(first, false) ? Line::begins : Line::goes_on) && kind != Line::blank)
      return false;
  }
  auto parsed = parse_service_list(std::string(header) + '\n' + std::string(lines));
  if (parsed.size() != 1)
    return false;
  into = keep(std::move(parsed.front()));
  return true;
}

namespace {
// Where the address of a NodePort ends that stands here: at the colon before its port, at the
// bracket of an IPv6 one, so that families differ; npos where there is no port.
std::size_t address_end(std::string_view all, std::size_t address) {
  const std::size_t blank = std::min(all.find(' ', address), all.size());
  const std::size_t colon = all.rfind(':', blank);
  if (colon == std::string_view::npos || colon < address)
    return std::string_view::npos;
  return colon > address && all[colon - 1] == ']' ? colon - 1 : colon;
}
}  // namespace

FrontendPool::Block*
FrontendPool::block_of(std::string_view header, std::string_view lines, std::size_t address) {
  std::string_view text = lines.substr(address);
  const std::size_t blank = std::min(text.find(' '), text.size());
  const std::size_t end = address_end(text, 0);
  const bool node_port =
      end != std::string_view::npos && trim(text.substr(blank)).starts_with("NodePort ");
  if (node_port)
    text.remove_prefix(end);
  if (const auto known = blocks_.find(text); known != blocks_.end())
    return known->second.get();
  auto block = std::make_unique<Block>();
  block->text = text;
  block->node_port = node_port;
  block->one = read(header, lines, block->listed);
  const std::string_view key = block->text;
  return blocks_.emplace(key, std::move(block)).first->second.get();
}

// Where the block ends whose address stands here, if it is this one; npos if not.
std::size_t FrontendPool::Block::end_in(std::string_view all, std::size_t address) const {
  if (node_port) {
    address = address_end(all, address);
    if (address == std::string_view::npos)
      return address;
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
  std::string_view last_ip;  // most NodePorts of a list stand at one of two addresses
  std::uint32_t last_number = 0;
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
    simple = here->one;
    out.push_back(here->listed);
    if (here->node_port && simple) {
      std::string_view ip = text.substr(address, address_end(text, address) - address);
      if (ip.starts_with('['))
        ip.remove_prefix(1);
      if (ip != last_ip)
        last_number = ip_number(last_ip = ip);
      out.back().ip = last_number;
    }
    before = here;
    at = end + 1;
  }
  return simple ? out : from(parse_service_list(text));
}

}  // namespace kpr::facts
