// `cilium bpf lb list`: cilium-dbg/cmd/bpf_lb_list.go (dumpSVC) and helpers.go (TablePrinter),
// pkg/maps/lbmap/ipv4.go for the addresses, pkg/loadbalancer for the flags.
//
//   10.96.0.1:443            192.168.178.91:6443 (3)                            1.6 - 1.11
//                            0.0.0.0:0 (3) [ClusterIP, non-routable]            flags: 1.7+
//   10.96.0.1:443            172.18.0.3:6443 (1) (1)                            later: the slot,
//   too 10.96.0.10:53/UDP (2)    10.244.0.191:53/UDP (3) (2)                        1.17+
//   10.96.193.7:443/TCP (0)  0.0.0.0:0 (30) (0) [ClusterIP, l7-load-balancer] (L7LB Proxy Port:
//   15735)
#include <algorithm>
#include <map>
#include <string>

#include "input_kind.hpp"
#include "json_parts.hpp"
#include "l3n4_addr.hpp"
#include "lines.hpp"
#include "noise.hpp"
#include "scan.hpp"
#include "status_parser.hpp"

namespace kpr {
namespace {

using namespace det;

struct Entry {
  BpfLbBackend backend;
  std::optional<std::uint32_t> rev_nat;
  bool master = false;
  std::vector<std::string_view> flags;
  std::optional<std::uint32_t> l7_proxy_port;
};

// "(12)" and the blanks after it
std::optional<std::uint32_t> take_parenthesised(std::string_view& rest) {
  std::string_view s = rest;
  std::uint32_t n = 0;
  if (!take(s, "(") || !take_number(s, n) || !take(s, ")"))
    return std::nullopt;
  rest = trim_left(s);
  return n;
}

bool take_address(std::string_view& rest, ServiceAddress& out) {
  const std::string_view word = rest.substr(0, rest.find_first_of(" \t"));
  ServiceAddress address;
  if (!parse_address(word, address))
    return false;
  out = address;
  rest = trim_left(rest.substr(word.size()));
  return true;
}

// "[ClusterIP, non-routable] (L7LB Proxy Port: 15735)"
bool take_flags(std::string_view& rest, Entry& out) {
  if (!take(rest, "["))
    return true;
  const std::size_t close = rest.find(']');
  if (close == npos)
    return false;
  out.flags = split_list(rest.substr(0, close));
  rest = trim_left(rest.substr(close + 1));
  std::uint32_t port = 0;
  if (take(rest, "(L7LB Proxy Port: ")) {
    if (!take_number(rest, port) || !take(rest, ")"))
      return false;
    out.l7_proxy_port = port;
  }
  return true;
}

// "backend 12 not found": pkg/maps/lbmap has a slot whose backend is in no map.
bool parse_missing(std::string_view text, BpfLbBackend& out) {
  std::uint32_t id = 0;
  if (!take(text, "backend ") || !take_number(text, id) || text != " not found")
    return false;
  out.missing_id = id;
  return true;
}

bool parse_entry(std::string_view text, Entry& out) {
  if (parse_missing(text, out.backend))
    return true;
  std::string_view rest = text;
  if (!take_address(rest, out.backend.address))
    return false;
  out.rev_nat = take_parenthesised(rest);
  out.backend.slot = take_parenthesised(rest);
  if (!out.rev_nat || !take_flags(rest, out) || !rest.empty())
    return false;
  const ServiceAddress& a = out.backend.address;
  out.master = a.port == 0 && (a.ip == "0.0.0.0" || a.ip == "::");
  return true;
}

// A frontend's address, from 1.17 with the slot; then its entry. A row without an address of its
// own goes on with the frontend above.
bool parse_row(std::string_view line, std::optional<ServiceAddress>& frontend, Entry& out) {
  const std::string_view all = trim(line);
  std::string_view rest = all;
  ServiceAddress address;
  if (take_address(rest, address)) {
    const std::optional<std::uint32_t> slot = take_parenthesised(rest);
    Entry entry;
    if (parse_entry(rest, entry)) {
      frontend = address;
      out = entry;
      if (!out.backend.slot && !out.master)
        out.backend.slot = slot;
      return true;
    }
  }
  return parse_entry(all, out);
}

bool is_header(std::string_view line) {
  return line.starts_with("SERVICE ADDRESS") && line.find("BACKEND ADDRESS") != npos;
}

// Entries of one frontend come in any order, and from 1.17 not side by side.
class Frontends {
 public:
  explicit Frontends(std::vector<BpfLbFrontend>& out) : out_(out) {}

  std::size_t at(const ServiceAddress& a, Line line) {
    std::string key{a.ip};
    key += '|' + std::to_string(a.port) + '|' + std::string(a.protocol) +
           (a.internal_scope ? "/i" : "");
    const auto [place, fresh] = places_.emplace(std::move(key), out_.size());
    if (fresh) {
      BpfLbFrontend& frontend = out_.emplace_back();
      frontend.address = a;
      frontend.line = line;
    }
    return place->second;
  }

  void add(std::size_t place, const Entry& entry) {
    BpfLbFrontend& frontend = out_[place];
    if (entry.rev_nat && (!frontend.rev_nat || entry.master))
      frontend.rev_nat = entry.rev_nat;
    if (!entry.master)
      return frontend.backends.push_back(entry.backend);
    frontend.has_master = true;
    frontend.l7_proxy_port = entry.l7_proxy_port;
    frontend.flags = entry.flags;
    if (!frontend.flags.empty()) {
      frontend.type = frontend.flags.front();
      frontend.flags.erase(frontend.flags.begin());
    }
  }

 private:
  std::vector<BpfLbFrontend>& out_;
  std::map<std::string, std::size_t, std::less<>> places_;
};

void read_lines(BpfLbListDocument& document) {
  std::vector<std::string_view> lines = split_lines(*document.text);
  strip_prefix(lines, common_prefix(lines, is_header));
  document.lines.assign(lines.size(), LineUse::blank);
  Frontends frontends(document.frontends);
  std::size_t open = npos;  // whose entries rows without an address are
  bool header = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view s = trim(lines[i]);
    const Line number = static_cast<Line>(i + 1);
    std::optional<ServiceAddress> address;
    Entry entry;
    entry.backend.line = number;
    if (s.empty())
      continue;
    if (is_header(s)) {
      header = true;
      document.lines[i] = LineUse::header;
    } else if (parse_row(lines[i], address, entry) && (address || open != npos)) {
      if (address)
        open = frontends.at(*address, number);
      frontends.add(open, entry);
      document.lines[i] = LineUse::fact;
    } else if (is_noise(s)) {
      document.lines[i] = LineUse::noise;
    } else {
      open = npos;  // a row that was not understood may have been a frontend's
      document.lines[i] = LineUse::unknown;
      document.unknown.push_back({number, lines[i]});
    }
  }
  document.recognized = header || !document.frontends.empty();
}

// {"10.96.0.1:443/TCP (1)": ["172.18.0.3:6443/TCP (1) (1)"], …}: the cells of the table. Strings
// decoded from JSON live beside the text.
struct Arena {
  std::string text;
  Json json;
};

bool read_json(BpfLbListDocument& document) {
  const auto arena = std::make_shared<Arena>();
  arena->text = *document.text;
  const std::size_t open = std::min(arena->text.find('{'), arena->text.size());
  arena->json = Json::parse(
      std::string_view(arena->text).substr(open, arena->text.rfind('}') + 1 - open),
      [](int depth, Json::parse_event_t, Json&) {
        return depth <= 2;
      },
      false);
  document.text = std::shared_ptr<const std::string>(arena, &arena->text);
  if (!arena->json.is_object())
    return false;
  Frontends frontends(document.frontends);
  for (const auto& [key, list] : arena->json.items()) {
    std::string_view rest = key;
    ServiceAddress address;
    if (!list.is_array() || !take_address(rest, address))
      return false;
    const std::optional<std::uint32_t> slot = take_parenthesised(rest);
    const std::size_t place = frontends.at(address, 0);
    for (const auto& item : list) {
      Entry entry;
      if (!item.is_string() || !parse_entry(trim(item.get_ref<const std::string&>()), entry))
        return false;
      if (!entry.backend.slot && !entry.master)
        entry.backend.slot = slot;
      frontends.add(place, entry);
    }
  }
  return true;
}

}  // namespace

BpfLbListDocument parse_bpf_lb_list(std::string text) {
  BpfLbListDocument document;
  InputText input = open_text(std::move(text), document.diagnostics);
  document.text = input.text;
  document.kind = input.kind;
  if (input.kind == InputKind::status_json) {
    document.recognized = read_json(document);
    document.kind = document.recognized ? InputKind::bpf_lb_list : InputKind::unknown;
    if (!document.recognized) {
      document.frontends.clear();
      document.diagnostics.push_back(
          {Severity::error,
           "bad-json",
           "the text begins like JSON and is not that of `cilium bpf lb list`; it may be cut",
           "Save it again: kubectl -n kube-system exec ds/cilium -- cilium-dbg bpf lb list -o json",
           0});
    }
    return document;
  }
  if (input.kind != InputKind::unknown)
    return document;
  read_lines(document);
  document.kind = document.recognized ? InputKind::bpf_lb_list
                                      : kind_of_other_text(*document.text, document.diagnostics);
  return document;
}

namespace {

Json address_json(const ServiceAddress& a) {
  Json out{{"ip", std::string(a.ip)}, {"port", a.port}};
  if (!a.protocol.empty())
    out["protocol"] = std::string(a.protocol);
  return out;
}

Json backend_json(const BpfLbBackend& b) {
  Json out = b.missing_id ? Json{{"missing-id", *b.missing_id}} : address_json(b.address);
  if (b.slot)
    out["slot"] = *b.slot;
  return out;
}

Json frontend_json(const BpfLbFrontend& f) {
  Json out{{"frontend-address", address_json(f.address)}};
  if (f.address.internal_scope)
    out["frontend-address"]["scope"] = "internal";
  if (f.rev_nat)
    out["rev-nat"] = *f.rev_nat;
  out["master"] = f.has_master;
  if (!f.type.empty())
    out["type"] = std::string(f.type);
  Json flags = Json::array();
  for (const std::string_view flag : f.flags)
    flags.push_back(std::string(flag));
  out["flags"] = std::move(flags);
  if (f.l7_proxy_port)
    out["l7-proxy-port"] = *f.l7_proxy_port;
  Json backends = Json::array();
  for (const BpfLbBackend& b : f.backends)
    backends.push_back(backend_json(b));
  out["backends"] = std::move(backends);
  return out;
}

}  // namespace

Json det::bpf_lb_frontends(const std::vector<BpfLbFrontend>& frontends) {
  Json out = Json::array();
  for (const BpfLbFrontend& f : frontends)
    out.push_back(frontend_json(f));
  return out;
}

}  // namespace kpr
