#include "privacy/pseudonyms.hpp"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "os/address.hpp"
#include "util/json.hpp"
#include "util/strings.hpp"

namespace kpr::privacy {
namespace {

constexpr std::pair<NameKind, std::string_view> k_kinds[] = {
    {NameKind::node, "node"},
    {NameKind::name_space, "ns"},
    {NameKind::pod, "pod"},
    {NameKind::service, "svc"},
    {NameKind::workload, "workload"},
    {NameKind::host, "host"},
    {NameKind::registry, "registry"},
    {NameKind::image, "image"},
    {NameKind::cluster, "cluster"},
    {NameKind::label, "label"},
    {NameKind::other, "name"},
};
std::string_view word_of(NameKind kind) {
  return std::find_if(std::begin(k_kinds),
                      std::end(k_kinds),
                      [kind](const auto& k) {
                        return k.first == kind;
                      })
      ->second;
}

// Words of Kubernetes' and Cilium's own texts: a namespace of such a name is replaced where it is a
// value of its own, never in the midst of a text.
constexpr std::string_view k_vocabulary[] = {
    "active",    "address",   "agent",      "all",      "allocated", "amd64",    "any",
    "arm64",     "auto",      "bpf",        "cilium",   "client",    "cluster",  "config",
    "container", "control",   "controller", "daemon",   "default",   "device",   "direct",
    "disabled",  "dsr",       "egress",     "enabled",  "error",     "external", "failed",
    "false",     "geneve",    "health",     "host",     "hybrid",    "image",    "ingress",
    "internal",  "ip",        "ipam",       "iptables", "ipv4",      "ipv6",     "kubernetes",
    "legacy",    "linux",     "local",      "maglev",   "master",    "message",  "metrics",
    "name",      "namespace", "native",     "netkit",   "network",   "node",     "nodes",
    "none",      "null",      "ok",         "operator", "pending",   "pod",      "pods",
    "policy",    "port",      "probe",      "proxy",    "public",    "random",   "ready",
    "reason",    "remote",    "router",     "running",  "service",   "services", "snat",
    "state",     "status",    "strict",     "success",  "system",    "tcp",      "tunnel",
    "true",      "type",      "udp",        "unknown",  "veth",      "vxlan",    "warning",
    "windows",   "worker",    "xdp",
};
bool in_vocabulary(std::string_view name) {
  return std::find(std::begin(k_vocabulary), std::end(k_vocabulary), name) !=
         std::end(k_vocabulary);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

int hex_value(char c) {
  return is_digit(c) ? c - '0' : (c | 32) - 'a' + 10;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

// How many bits of an address say what kind it is; all of them where it is nobody's.
int class_bits_v4(std::span<const unsigned char> b) {
  if (b[0] == 0 || b[0] == 127 || b[0] >= 224 || (b[0] == 169 && b[1] == 254))
    return 32;
  if (b[0] == 10)
    return 8;
  if (b[0] == 172 && (b[1] & 0xF0) == 16)
    return 12;
  if (b[0] == 100 && (b[1] & 0xC0) == 64)
    return 10;
  return b[0] == 172 || b[0] == 192 || b[0] == 100 || b[0] == 169 || b[0] == 198 || b[0] == 203 ? 16
                                                                                                : 8;
}

bool zeros(std::span<const unsigned char> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](unsigned char c) {
    return c == 0;
  });
}

int class_bits_v6(std::span<const unsigned char> b) {
  if ((zeros(b.first(15)) && b[15] <= 1) || b[0] == 0xFF)
    return 128;
  if (b[0] == 0xFE && (b[1] & 0xC0) == 0x80)
    return 64;
  if ((b[0] & 0xFE) == 0xFC)
    return 8;
  return zeros(b.first(8)) ? 96 : 16;
}

// What stays of a name in a cloud's own domain, since it says whose cloud it is.
std::string provider_tail(std::string_view host) {
  for (const std::string_view tail : {".azurecr.io",
                                      ".azmk8s.io",
                                      ".windows.net",
                                      ".cloudfront.net",
                                      ".amazonaws.com",
                                      ".compute.internal",
                                      ".ec2.internal",
                                      ".googleapis.com"})
    if (host.ends_with(tail))
      return std::string(host.substr(host.find('.')));
  return {};
}

}  // namespace

const std::string& Pseudonyms::add(NameKind kind, std::string_view name) {
  const auto found = names_.find(std::string(name));
  if (found != names_.end())
    return found->second.pseudonym;
  const std::size_t number = ++counts_[kind];
  std::string pseudonym = fmt::format("{}-{}", word_of(kind), number);
  if (kind == NameKind::host || kind == NameKind::registry) {
    const std::string tail = provider_tail(name);
    const bool account = name.size() > 12 && std::all_of(name.begin(), name.begin() + 12, is_digit);
    pseudonym = tail.empty() ? pseudonym + ".example"
                : account    ? fmt::format("{:012}{}", number, tail)
                             : pseudonym + tail;
  }
  add_as(kind, name, std::move(pseudonym));
  return names_.find(std::string(name))->second.pseudonym;
}

void Pseudonyms::add_as(NameKind kind, std::string_view name, std::string pseudonym) {
  const bool bare = std::none_of(name.begin(), name.end(), [](char c) {
    return is_digit(c) || c == '-' || c == '.' || c == '@';
  });
  const bool weak = name.size() < 2 || in_vocabulary(name) ||
                    (bare && kind != NameKind::node && kind != NameKind::cluster);
  names_.try_emplace(std::string(name), Entry{kind, std::move(pseudonym), weak});
}

void Pseudonyms::add_domain(std::string_view domain) {
  domains_.try_emplace(std::string(domain), true);
}

const std::string* Pseudonyms::find(std::string_view name) const {
  const auto found = names_.find(std::string(name));
  return found == names_.end() ? nullptr : &found->second.pseudonym;
}

std::string Pseudonyms::label_value(std::string_view value) {
  if (const std::string* known = find(value))
    return *known;
  if (value.empty() || value == "true" || value == "false" ||
      std::all_of(value.begin(), value.end(), [](char c) {
        return is_digit(c) || c == '.';
      }))
    return std::string(value);
  const auto [at, added] = labels_.try_emplace(std::string(value), "");
  if (added)
    at->second = fmt::format("label-{}", labels_.size());
  return at->second;
}

// Whether the bit behind this prefix is turned: a secret, and the same for all addresses with this
// prefix.
bool Pseudonyms::flip(std::string_view prefix, int bits) const {
  std::string input = key_;
  input += static_cast<char>(prefix.size());
  input += static_cast<char>(bits);
  input += prefix;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest);
  return (digest[0] & 1) != 0;
}

void Pseudonyms::scramble(std::span<unsigned char> bytes, int keep, int prefix_length) const {
  const auto bit_of = [](int i) {
    return static_cast<unsigned char>(1u << (7 - i % 8));
  };
  const auto at = [](int i) {
    return static_cast<std::size_t>(i / 8);
  };
  const int all = static_cast<int>(bytes.size()) * 8;
  int last = all;
  if (prefix_length >= 0 && prefix_length < all) {  // a network: its host bits are zero and stay so
    bool zero = true;
    for (int i = prefix_length; i < all; ++i)
      zero = zero && (bytes[at(i)] & bit_of(i)) == 0;
    if (zero)
      last = prefix_length;
  }
  std::string masked(bytes.size(), '\0');
  const std::vector<unsigned char> original(bytes.begin(), bytes.end());
  for (int i = 0; i < last; ++i) {
    // The first one always: no address is its own pseudonym.
    if (i >= keep && (i == keep || flip(masked, i)))
      bytes[at(i)] ^= bit_of(i);
    masked[at(i)] = static_cast<char>(masked[at(i)] | (original[at(i)] & bit_of(i)));
  }
}

std::string Pseudonyms::address(std::string_view text, int prefix_length) {
  const std::string original(text);
  const std::string memo =
      prefix_length < 0 ? original : fmt::format("{}/{}", original, prefix_length);
  if (const auto known = addresses_.find(memo); known != addresses_.end())
    return known->second;
  std::optional<os::Address> address = os::parse_address(text);
  if (!address)
    return original;
  const std::span<unsigned char> bytes(address->bytes.data(), address->size);
  if (bytes.size() == 4) {
    scramble(bytes, class_bits_v4(bytes), prefix_length);
  } else if (zeros(bytes.first(10)) && bytes[10] == 0xFF && bytes[11] == 0xFF) {  // IPv4 in IPv6
    scramble(
        bytes.last(4), class_bits_v4(bytes.last(4)), prefix_length < 96 ? -1 : prefix_length - 96);
  } else {
    scramble(bytes, class_bits_v6(bytes), prefix_length);
  }
  const std::string out = os::format_address(*address);
  if (out != original)
    addresses_[memo] = out;
  return out;
}

std::string Pseudonyms::mac(std::string_view text) {
  const std::string original(text);
  if (const auto known = addresses_.find(original); known != addresses_.end())
    return known->second;
  std::string bytes;
  for (std::size_t i = 0; i < 17; i += 3)
    bytes += static_cast<char>(hex_value(text[i]) * 16 + hex_value(text[i + 1]));
  if (std::all_of(bytes.begin(), bytes.end(), [&](char c) {
        return c == bytes[0];
      }))
    return original;  // none, and everyone
  const std::string input = key_ + "mac" + bytes;
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(input.data()), input.size(), digest);
  const unsigned first = (digest[0] & 0xFCu) | (static_cast<unsigned char>(bytes[0]) & 3u);
  std::string out = fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}",
                                first,
                                digest[1],
                                digest[2],
                                digest[3],
                                digest[4],
                                digest[5]);
  addresses_[original] = out;
  return out;
}

// One label of a name, and the known names inside it: kube-apiserver-NODE, NAME-x7k2p.
std::string Pseudonyms::label(std::string_view label, bool named) {
  if (const auto found = names_.find(std::string(label));
      found != names_.end() && (named || !found->second.weak))
    return found->second.pseudonym;
  std::vector<std::string_view> parts = split(label, '-');
  if (parts.size() < 2 || parts.size() > 24)
    return std::string(label);
  if (const auto ip = std::find(parts.begin(), parts.end(), "ip");
      parts.end() - ip >= 5 && std::all_of(ip + 1, ip + 5, [](std::string_view p) {
        return !p.empty() && p.size() <= 3 && std::all_of(p.begin(), p.end(), is_digit);
      })) {  // ip-10-0-1-2
    const std::string dotted = fmt::format("{}.{}.{}.{}", ip[1], ip[2], ip[3], ip[4]);
    std::string mapped = address(dotted);
    std::replace(mapped.begin(), mapped.end(), '.', '-');
    std::string out;
    for (auto it = parts.begin(); it != ip + 1; ++it)
      out += std::string(*it) + "-";
    out += mapped;
    for (auto it = ip + 5; it != parts.end(); ++it)
      out += "-" + std::string(*it);
    return out;
  }
  for (std::size_t first = 1; named && first < parts.size();
       ++first) {  // resolve-labels-NAMESPACE/pod
    const std::string_view rest =
        label.substr(static_cast<std::size_t>(parts[first].data() - label.data()));
    if (const auto found = names_.find(std::string(rest));
        found != names_.end() && found->second.kind == NameKind::name_space)
      return this->label(label.substr(0, label.size() - rest.size() - 1), false) + "-" +
             found->second.pseudonym;
  }
  for (std::size_t length = parts.size() - 1; length >= 1; --length) {
    for (std::size_t first = 0; first + length <= parts.size(); ++first) {
      const char* begin = parts[first].data();
      const std::string_view span(begin,
                                  static_cast<std::size_t>(parts[first + length - 1].data() +
                                                           parts[first + length - 1].size() -
                                                           begin));
      if (span.size() < 3)
        continue;
      const auto found = names_.find(std::string(span));
      if (found == names_.end() || found->second.weak ||
          (length == 1 && std::none_of(span.begin(), span.end(), is_digit) &&
           found->second.kind != NameKind::node))
        continue;
      const std::string_view before =
          label.substr(0, static_cast<std::size_t>(begin - label.data()));
      const std::string_view after = label.substr(before.size() + span.size());
      return (before.empty() ? "" : this->label(before.substr(0, before.size() - 1), false) + "-") +
             found->second.pseudonym +
             (after.empty() ? "" : "-" + this->label(after.substr(1), false));
    }
  }
  return std::string(label);
}

std::string Pseudonyms::token(std::string_view token, bool named) {
  if (const auto found = names_.find(std::string(token));
      found != names_.end() && (named || !found->second.weak))
    return found->second.pseudonym;
  if (token.find('.') == std::string_view::npos)
    return label(token, named);
  for (std::size_t dot = token.find('.'); dot != std::string_view::npos;
       dot = token.find('.', dot + 1))
    if (domains_.find(token.substr(dot + 1)) != domains_.end())
      return add(NameKind::host, token);
  const std::vector<std::string_view> labels = split(token, '.');
  const bool service = std::find(labels.begin(), labels.end(), "svc") != labels.end();
  std::string out;
  for (std::size_t i = 0; i < labels.size(); ++i)
    out += (i == 0 ? "" : ".") + label(labels[i], (service && i < 2) || (named && i == 0));
  return out;
}

std::string Pseudonyms::text(std::string_view text, bool columns) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  const std::size_t n = text.size();
  for (std::size_t i = 0; i < n;) {
    const char c = text[i];
    const char before = i == 0 ? ' ' : text[i - 1];
    std::size_t end = i;
    std::string replaced;
    if (!is_alnum(before) && (is_hex(c) || c == ':')) {
      std::size_t run = i, colons = 0;
      while (run < n && (is_hex(text[run]) || text[run] == ':'))
        colons += text[run++] == ':';
      const auto prefix_at = [&](std::size_t at) {
        if (at + 1 >= n || text[at] != '/' || !is_digit(text[at + 1]))
          return -1;
        int length = 0;
        for (std::size_t k = at + 1; k < n && is_digit(text[k]) && length < 1000; ++k)
          length = length * 10 + text[k] - '0';
        return length;
      };
      if (colons == 5 && run - i == 17 && (run == n || !is_alnum(text[run])) && [&] {
            for (std::size_t k = 0; k < 17; ++k)
              if ((k % 3 == 2) != (text[i + k] == ':'))
                return false;
            return true;
          }()) {
        end = run;
        replaced = mac(text.substr(i, 17));
      } else if (colons >= 2 && run - i <= 46) {
        std::size_t stop = run;
        while (stop < n && text[stop] == '.' && stop + 1 < n &&
               is_digit(text[stop + 1])) {  // ::ffff:10.0.0.1
          ++stop;
          while (stop < n && is_digit(text[stop]))
            ++stop;
        }
        for (const std::size_t candidate : {stop, run, run - 1}) {
          if (candidate <= i + 2 || (candidate < n && is_alnum(text[candidate])))
            continue;
          const auto parsed = os::parse_address(text.substr(i, candidate - i));
          if (!parsed || parsed->size != 16)
            continue;
          end = candidate;
          replaced = address(text.substr(i, candidate - i), prefix_at(candidate));
          break;
        }
      }
      if (end == i && is_digit(c) && before != '.') {
        std::size_t stop = i, dots = 0;
        while (stop < n && (is_digit(text[stop]) ||
                            (text[stop] == '.' && stop + 1 < n && is_digit(text[stop + 1]))))
          dots += text[stop++] == '.';
        if (dots == 3 && stop - i <= 15 && (stop == n || !is_alnum(text[stop])) &&
            os::parse_address(text.substr(i, stop - i))) {
          end = stop;
          replaced = address(text.substr(i, stop - i), prefix_at(stop));
        }
      }
    }
    if (end == i && is_alnum(c) && !is_alnum(before)) {
      end = i;
      while (end < n && (is_alnum(text[end]) || text[end] == '-' || text[end] == '.'))
        ++end;
      while (text[end - 1] == '.' || text[end - 1] == '-')
        --end;
      if (end < n && text[end] == '@') {  // a user, alice@example.com; not an image with its digest
        std::size_t stop = end + 1;
        while (stop < n && (is_alnum(text[stop]) || text[stop] == '-' || text[stop] == '.'))
          ++stop;
        if (find(text.substr(i, stop - i)) != nullptr)
          end = stop;
      }
      const char next = end < n ? text[end] : ' ';
      const bool named = before == '/' || before == '"' || before == '\'' || before == '{' ||
                         before == '[' || before == '=' || next == '/' || next == '"' ||
                         next == '\'' || next == '}' || next == ']' || next == '@' ||
                         std::string_view(out).ends_with("namespace ") ||
                         std::string_view(out).ends_with(" -n ");
      replaced = token(text.substr(i, end - i), named);
    }
    if (end == i) {
      out += c;
      ++i;
      continue;
    }
    out += replaced;
    const std::size_t old_size = end - i, new_size = replaced.size();
    i = end;
    if (columns && new_size != old_size && i + 1 < n && text[i] == ' ' && text[i + 1] == ' ') {
      std::size_t blanks = 0;
      while (i < n && text[i] == ' ')
        ++blanks, ++i;
      const std::size_t wanted = blanks + old_size;
      out.append(wanted >= new_size + 2 ? wanted - new_size : 2, ' ');
    }
  }
  return out;
}

std::string Pseudonyms::to_json() const {
  nlohmann::ordered_json json{{"apiVersion", "kpr.dev/v1"},
                              {"kind", "PseudonymMap"},
                              {"key", hex(key_)},
                              {"names", nlohmann::ordered_json::array()},
                              {"labels", labels_},
                              {"addresses", addresses_}};
  std::vector<std::pair<std::string, const Entry*>> sorted;
  for (const auto& [name, entry] : names_)
    sorted.emplace_back(name, &entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return natural_less(a.second->pseudonym, b.second->pseudonym) ||
           (a.second->pseudonym == b.second->pseudonym && a.first < b.first);
  });
  for (const auto& [name, entry] : sorted)
    json["names"].push_back(
        {{"pseudonym", entry->pseudonym}, {"kind", word_of(entry->kind)}, {"name", name}});
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<Pseudonyms> Pseudonyms::from_json(const std::string& text) {
  const nlohmann::json json = json_or_null(text, {.bytes = 256 * limits::mib});
  const Error wrong{ErrorKind::input, "it is not a map of pseudonyms of kubectl-kpr", ""};
  const auto is_text = [](const nlohmann::json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_string();
  };
  if (!is_text(json, "kind") || json["kind"] != "PseudonymMap" || !is_text(json, "key"))
    return wrong;
  const std::string key = json["key"];
  if (key.size() < 32 || key.size() % 2 != 0 || !std::all_of(key.begin(), key.end(), is_hex))
    return wrong;
  std::string bytes;
  for (std::size_t i = 0; i < key.size(); i += 2)
    bytes += static_cast<char>(hex_value(key[i]) * 16 + hex_value(key[i + 1]));
  Pseudonyms out(std::move(bytes));
  if (const auto names = json.find("names"); names != json.end() && names->is_array()) {
    for (const auto& entry : *names) {
      if (!is_text(entry, "name") || !is_text(entry, "pseudonym") || !is_text(entry, "kind"))
        return wrong;
      const auto* kind = std::find_if(std::begin(k_kinds), std::end(k_kinds), [&](const auto& k) {
        return k.second == entry["kind"].get_ref<const std::string&>();
      });
      if (kind == std::end(k_kinds))
        return wrong;
      out.add_as(
          kind->first, entry["name"].get<std::string>(), entry["pseudonym"].get<std::string>());
      ++out.counts_[kind->first];
    }
  }
  if (const auto labels = json.find("labels"); labels != json.end() && labels->is_object())
    for (const auto& [value, pseudonym] : labels->items())
      if (pseudonym.is_string())
        out.labels_.emplace(value, pseudonym.get<std::string>());
  return out;
}

}  // namespace kpr::privacy
