#include "facts/network.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "util/strings.hpp"

namespace kpr::facts {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t\r", at)) != line.npos;) {
    const auto end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

// The word after `key`, or "".
std::string after(const std::vector<std::string_view>& words, std::string_view key) {
  const auto found = std::find(words.begin(), words.end(), key);
  return found == words.end() || found + 1 == words.end() ? std::string() : std::string(found[1]);
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

// "2: eth0: <BROADCAST,UP> mtu 1500 …": the number and the colon behind the name make a line one.
bool starts_interface(const std::vector<std::string_view>& words) {
  return words.size() >= 3 && words[0].size() > 1 && words[0].back() == ':' &&
         number<int>(words[0].substr(0, words[0].size() - 1)) && words[1].size() > 1 &&
         words[1].back() == ':';
}

Interface interface_of(std::string_view line, const std::vector<std::string_view>& words) {
  Interface made;
  const auto full = words[1].substr(0, words[1].size() - 1);
  const auto at = full.find('@');
  made.name = full.substr(0, at);
  if (at != full.npos && !full.substr(at + 1).starts_with("if"))
    made.parent = full.substr(at + 1);
  const auto flags = words[2];
  if (flags.size() > 2 && flags.front() == '<' && flags.back() == '>')
    for (const auto flag : split(flags.substr(1, flags.size() - 2), ','))
      made.flags.emplace_back(flag);
  made.master = after(words, "master");
  made.state = after(words, "state");
  made.mtu = number<int>(after(words, "mtu")).value_or(0);
  made.line = trim(line);
  return made;
}

InterfaceAddress address_of(const std::vector<std::string_view>& words) {
  InterfaceAddress made;
  const auto peer = after(words, "peer");
  const std::string_view with_prefix = peer.empty() ? words[1] : std::string_view(peer);
  const auto slash = with_prefix.find('/');
  if (slash != with_prefix.npos)
    made.prefix = number<int>(with_prefix.substr(slash + 1)).value_or(-1);
  made.ip = words[1].substr(0, words[1].find('/'));
  made.peer = peer.substr(0, peer.find('/'));
  made.scope = after(words, "scope");
  return made;
}

constexpr std::array<std::string_view, 8> k_route_types = {
    "blackhole", "broadcast", "local", "multicast", "prohibit", "throw", "unicast", "unreachable"};

}  // namespace

bool Interface::has_ip(std::string_view ip) const {
  return std::any_of(addresses.begin(), addresses.end(), [ip](const auto& a) {
    return a.ip == ip;
  });
}

std::vector<Interface> parse_ip_address(std::string_view text) {
  std::vector<Interface> all;
  for (const auto line : split(text, '\n')) {
    const auto words = words_of(line);
    if (starts_interface(words)) {
      all.push_back(interface_of(line, words));
    } else if (all.empty() || words.size() < 2) {
      continue;
    } else if (words[0] == "inet" || words[0] == "inet6") {
      all.back().addresses.push_back(address_of(words));
    } else if (words[0].starts_with("link/")) {
      all.back().mac = words[1];
    }
  }
  return all;
}

const Interface* find_interface(const std::vector<Interface>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [name](const auto& i) {
    return i.name == name;
  });
  return found == all.end() ? nullptr : &*found;
}

const Interface* interface_with_ip(const std::vector<Interface>& all, std::string_view ip) {
  const auto found = std::find_if(all.begin(), all.end(), [ip](const auto& i) {
    return i.has_ip(ip);
  });
  return found == all.end() ? nullptr : &*found;
}

std::vector<IpRule> parse_ip_rules(std::string_view text) {
  std::vector<IpRule> rules;
  for (const auto line : split(text, '\n')) {
    const auto words = words_of(line);
    if (words.size() < 3 || words[0].back() != ':')
      continue;
    const auto priority = number<long>(words[0].substr(0, words[0].size() - 1));
    if (!priority)
      continue;
    rules.push_back({*priority,
                     after(words, "from"),
                     after(words, "to"),
                     after(words, "fwmark"),
                     after(words, "lookup"),
                     after(words, "proto"),
                     std::string(trim(line))});
  }
  return rules;
}

std::vector<IpRoute> parse_ip_routes(std::string_view text) {
  std::vector<IpRoute> routes;
  for (const auto line : split(text, '\n')) {
    auto words = words_of(line);
    if (words.size() < 2 || line.starts_with(' ') || line.starts_with('\t'))
      continue;  // the hops of a multipath route stand indented below it
    IpRoute route;
    route.type = "unicast";
    if (std::find(k_route_types.begin(), k_route_types.end(), words[0]) != k_route_types.end()) {
      route.type = words[0];
      words.erase(words.begin());
    }
    const bool destination =
        words[0] == "default" || words[0].find_first_of(".:") != std::string_view::npos;
    if (!destination || words[0].back() == ':')
      continue;
    route.destination = words[0];
    route.via = after(words, "via");
    route.device = after(words, "dev");
    route.source = after(words, "src");
    route.table = after(words, "table");
    route.protocol = after(words, "proto");
    route.line = trim(line);
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace kpr::facts
