#include "privacy/credential_forms.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "privacy/letters.hpp"

namespace kpr::privacy {
namespace {

constexpr std::size_t k_longest_name = 96;
constexpr std::size_t k_shortest_token = 12;
constexpr std::size_t k_shortest_text = 20;    // in base64
constexpr std::size_t k_longest_header = 512;  // of a JSON Web Token

template <class Range, class Predicate>
bool any(const Range& range, Predicate predicate) {
  return std::any_of(std::begin(range), std::end(range), predicate);
}
template <class Range>
bool one_of(const Range& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}

// --- names

// Which letters a text has: a name that lacks one of a stem's need not be searched for it.
constexpr std::uint32_t letters_of(std::string_view text) {
  std::uint32_t out = 0;
  for (const char c : text)
    if (is_letter(c))
      out |= 1u << (lower(c) - 'a');
  return out;
}

struct Stem {
  constexpr Stem(std::string_view t, Named n) : text(t), named(n), letters(letters_of(t)) {}
  std::string_view text;
  Named named;
  std::uint32_t letters;
};

// Anywhere in a name whose parts were joined: "apikey" is also api-key, API_KEY, apiKey.
constexpr Stem k_stems[] = {
    {"passw", Named::certain},  // word, wort, d
    {"passphrase", Named::certain},   {"passcode", Named::certain},
    {"passkey", Named::certain},      {"kennwort", Named::certain},
    {"contrasen", Named::certain},    {"fastopenkey", Named::certain},  // net.ipv4.tcp_fastopen_key
    {"bootid", Named::certain},  // kernel.random.boot_id: whose machine it is
    {"secret", Named::likely},        {"token", Named::likely},
    {"credential", Named::likely},    {"apikey", Named::likely},
    {"accesskey", Named::likely},     {"privatekey", Named::likely},
    {"encryptionkey", Named::likely}, {"authkey", Named::likely},
    {"accountkey", Named::likely},    {"signingkey", Named::likely},
    {"masterkey", Named::likely},     {"keydata", Named::likely},
    {"bearer", Named::perhaps},
};

// A whole part of a name, wherever it stands in it.
constexpr Stem k_parts[] = {
    {"psk", Named::certain},
    {"cred", Named::likely},
    {"creds", Named::likely},
    {"jwt", Named::likely},
    {"license", Named::perhaps},
    {"licence", Named::perhaps},
    {"sig", Named::perhaps},
    {"signature", Named::perhaps},
    {"hmac", Named::perhaps},
    {"otp", Named::perhaps},
    {"totp", Named::perhaps},
    {"cookie", Named::perhaps},
    {"sessionid", Named::perhaps},
    {"sid", Named::perhaps},
};

// The last part of a name.
constexpr Stem k_ends[] = {
    {"pass", Named::certain},
    {"pwd", Named::certain},
    {"pw", Named::likely},
    {"auth", Named::perhaps},
    {"session", Named::perhaps},
    {"key", Named::key},
    {"keys", Named::key},
};

// Words that end like one of these and are none.
constexpr std::string_view k_other_words[] = {
    "bypass", "compass", "trespass", "surpass", "overpass", "underpass", "encompass"};

// What a key is for, where that makes it a credential.
constexpr std::string_view k_of_keys[] = {
    "api",        "app",       "access",      "account",      "admin",        "aes",      "agent",
    "auth",       "aws",       "azure",       "bootstrap",    "client",       "cluster",  "cookie",
    "crypt",      "data",      "decrypt",     "decryption",   "deploy",       "dek",      "encrypt",
    "encryption", "enc",       "etcd",        "fernet",       "gcp",          "google",   "hmac",
    "host",       "ingest",    "integration", "ipsec",        "join",         "jwt",      "kek",
    "license",    "licence",   "master",      "openai",       "pem",          "private",  "priv",
    "project",    "recovery",  "root",        "rsa",          "secret",       "security", "server",
    "service",    "session",   "shared",      "sharedaccess", "sign",         "signing",  "ssh",
    "ssl",        "static",    "storage",     "stripe",       "subscription", "tls",      "unseal",
    "user",       "wireguard", "wg",          "write"};

// The last part of names that tell about a credential and hold none.
constexpr std::string_view k_about[] = {
    "age",      "algorithm", "algorithms", "annotation", "audience",  "audiences", "bytes",
    "class",    "config",    "controller", "count",      "crt",       "dir",       "directory",
    "duration", "enabled",   "endpoint",   "endpoints",  "error",     "errors",    "expiration",
    "expires",  "expiry",    "field",      "file",       "files",     "host",      "id",
    "ids",      "index",     "interval",   "issuer",     "issuers",   "kind",      "label",
    "length",   "limit",     "lookup",     "manager",    "max",       "method",    "min",
    "mode",     "name",      "names",      "namespace",  "path",      "paths",     "policy",
    "port",     "provider",  "reason",     "ref",        "reference", "refresh",   "refs",
    "required", "review",    "reviews",    "rotation",   "server",    "size",      "state",
    "status",   "sync",      "synced",     "timeout",    "total",     "ttl",       "type",
    "uri",      "url",       "usage",      "username",   "version",   "versions",  "volume"};

// Identifiers that let in whoever has them.
constexpr std::string_view k_despite[] = {"secretid", "sessionid", "jsessionid", "phpsessid"};

template <std::size_t N>
bool may_be_one_of(std::uint32_t letters, const Stem (&stems)[N]) {
  return any(stems, [letters](const Stem& stem) {
    return (stem.letters & ~letters) == 0;
  });
}

// "DB_Password2" → db, password; "apiKey" → api, key; "AWSKey" → awskey.
struct Parts {
  std::array<std::string, 12> part;
  std::size_t count = 0;
  std::string joined;
};

Parts parts_of(std::string_view name) {
  Parts out;
  char before = '-';
  for (const char c : name) {
    const bool hump = is_upper(c) && is_lower(before);
    if ((!is_letter(before) || hump) && is_letter(c) && out.count < out.part.size())
      ++out.count;
    if (is_letter(c)) {
      out.part[out.count - 1] += lower(c);
      out.joined += lower(c);
    }
    before = c;
  }
  return out;
}

Named of_stems(const Parts& parts) {
  Named found = Named::nothing;
  for (const Stem& stem : k_stems)
    if (stem.named > found && parts.joined.find(stem.text) != std::string::npos)
      found = stem.named;
  for (const Stem& stem : k_parts)
    if (stem.named > found && one_of(parts.part, stem.text))
      found = stem.named;
  return found;
}

Named of_key(const Parts& parts) {
  const std::string_view last = parts.part[parts.count - 1];
  const std::string_view glued = last.substr(0, last.rfind("key"));
  const std::string_view what = !glued.empty()    ? glued
                                : parts.count > 1 ? std::string_view(parts.part[parts.count - 2])
                                                  : "";
  if (what.starts_with("pub"))
    return Named::nothing;
  return one_of(k_of_keys, what) ? Named::perhaps : last.size() <= 4 ? Named::key : Named::nothing;
}

Named of_end(const Parts& parts) {
  const std::string_view last = parts.part[parts.count - 1];
  for (const Stem& end : k_ends) {
    if (!last.ends_with(end.text) || one_of(k_other_words, last))
      continue;
    return end.named == Named::key ? of_key(parts) : end.named;
  }
  return Named::nothing;
}

// --- values

bool is_path(std::string_view value) {
  return value.size() > 1 && value.front() == '/' &&
         std::count(value.begin(), value.end(), '/') >= 2 &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return is_lower(c) || is_digit(c) || c == '/' || c == '.' || c == '-' || c == '_';
         });
}

bool is_number(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return is_digit(c) || c == '.' || c == '-' || c == 'x';
  });
}

// $VAR, ${VAR}, $(VAR): where it comes from, not what it is.
bool is_reference(std::string_view value) {
  if (value.size() < 2 || value.front() != '$')
    return false;
  return std::all_of(value.begin() + 1, value.end(), [](char c) {
    return is_upper(c) || is_digit(c) || c == '_' || c == '{' || c == '}' || c == '(' || c == ')';
  });
}

// Hidden already, by whoever wrote it.
bool is_masked(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '*' || c == 'x' || c == 'X' || c == '.' || c == '-';
  });
}

bool is_setting(std::string_view value) {
  static constexpr std::string_view k_settings[] = {"true",
                                                    "false",
                                                    "yes",
                                                    "no",
                                                    "on",
                                                    "off",
                                                    "null",
                                                    "nil",
                                                    "none",
                                                    "<nil>",
                                                    "disabled",
                                                    "enabled",
                                                    "map",
                                                    "ok"};
  return one_of(k_settings, lower(value));
}

bool never(std::string_view value) {
  return value.empty() || is_setting(value) || is_masked(value) || is_path(value) ||
         is_reference(value) || value.starts_with("sha256:") || value.starts_with("map[");
}

// A name as Kubernetes has them, with a domain or a namespace before it.
bool is_object_name(std::string_view value) {
  return value.find('/') != std::string_view::npos &&
         std::all_of(value.begin(), value.end(), [](char c) {
           return is_lower(c) || is_digit(c) || c == '/' || c == '.' || c == '-';
         });
}

struct Kinds {
  std::size_t upper = 0, lower = 0, digits = 0, hex = 0, other = 0;
};
Kinds kinds_of(std::string_view value) {
  Kinds out;
  for (const char c : value) {
    out.upper += is_upper(c);
    out.lower += is_lower(c);
    out.digits += is_digit(c);
    out.hex += is_hex(c);
    out.other += !is_alnum(c);
  }
  return out;
}

bool known_license(std::string_view value) {
  static constexpr std::string_view k_licenses[] = {"apache", "bsd", "gpl", "lgpl", "mit", "mpl"};
  return any(k_licenses, [&](std::string_view license) {
    return lower(value.substr(0, license.size())) == license;
  });
}

bool looks_like_credential(std::string_view value) {
  if (value.size() < 6 || is_number(value) || is_object_name(value) || known_license(value))
    return false;
  const Kinds k = kinds_of(value);
  return k.digits > 0 || (k.upper > 1 && k.lower > 0) || value.size() >= 24;
}

bool could_be_nothing_else(std::string_view value) {
  const Kinds k = kinds_of(value);
  const bool mixed = k.upper > 0 && k.lower > 0 && k.digits > 0 && value.size() >= 16;
  const bool key_in_hex = k.hex == value.size() && value.size() >= 32;
  return (mixed || key_in_hex) && !is_object_name(value);
}

// Longer than words are, and not made of words.
bool is_long(std::string_view value) {
  const Kinds k = kinds_of(value);
  return value.size() >= 16 && k.digits > 0 && k.other == 0;
}

// --- forms

struct Form {
  std::string_view prefix;
  std::size_t rest;  // at least so many letters behind it
};
// Sources: the vendors' pages on secret scanning; GitHub's list of patterns.
constexpr Form k_forms[] = {
    {"ghp_", 16},      {"gho_", 16},
    {"ghu_", 16},      {"ghs_", 16},
    {"ghr_", 16},      {"github_pat_", 16},
    {"glpat-", 8},     {"gldt-", 8},
    {"glrt-", 8},      {"glsoat-", 8},
    {"glcbt-", 8},     {"glptt-", 8},
    {"glft-", 8},      {"glimt-", 8},
    {"glagent-", 8},   {"xoxb-", 8},
    {"xoxp-", 8},      {"xoxa-", 8},
    {"xoxr-", 8},      {"xoxs-", 8},
    {"xoxe-", 8},      {"xoxe.", 8},
    {"xapp-", 8},      {"AKIA", 12},
    {"ASIA", 12},      {"ABIA", 12},
    {"ACCA", 12},      {"AIza", 20},
    {"ya29.", 16},     {"GOCSPX-", 16},
    {"hvs.", 16},      {"hvb.", 16},
    {"hvr.", 16},      {"sk-", 20},
    {"sk_live_", 12},  {"sk_test_", 12},
    {"rk_live_", 12},  {"whsec_", 16},
    {"npm_", 20},      {"dckr_pat_", 12},
    {"dckr_oat_", 12}, {"pypi-", 32},
    {"shpat_", 16},    {"shpss_", 16},
    {"shpca_", 16},    {"SG.", 20},
    {"dop_v1_", 16},   {"doo_v1_", 16},
    {"dor_v1_", 16},   {"dapi", 32},
    {"hf_", 20},       {"glsa_", 16},
    {"glc_", 16},      {"NRAK-", 16},
    {"lin_api_", 16},  {"tskey-", 12},
    {"pul-", 32},      {"AGE-SECRET-KEY-", 16},
    {"SWMTKN-", 16},   {"ATATT3", 16},
    {"rubygems_", 16}, {"sntrys_", 16},
    {"pscale_", 16},   {"dp.pt.", 16},
    {"dp.st.", 16},    {"AKCp", 32},
    {"figd_", 16},     {"sq0", 20},
    {"EAAA", 48},      {"atlasv1.", 32},
    {"PMAK-", 24},     {"key-", 32},
    {"s.", 24},
};

bool has_digit(std::string_view text) {
  return any(text.substr(0, 64), is_digit);
}

bool is_form(std::string_view word) {
  return any(k_forms, [&](const Form& form) {
    return word.starts_with(form.prefix) && word.size() >= form.prefix.size() + form.rest &&
           has_digit(word.substr(form.prefix.size()));
  });
}

// Header, claims and signature, each in base64; a header alone is base64 of a text.
bool is_jwt(std::string_view word) {
  return word.starts_with("eyJ") && word.size() >= 32 &&
         word.substr(3, k_longest_header).find('.') != std::string_view::npos;
}

// kubeadm: [a-z0-9]{6}.[a-z0-9]{16}
bool is_bootstrap_token(std::string_view word) {
  return word.size() == 23 && word[6] == '.' && has_digit(word) &&
         std::count_if(word.begin(), word.end(), [](char c) {
           return is_lower(c) || is_digit(c);
         }) == 22;
}

constexpr int base64_value(char c) {
  return is_upper(c)            ? c - 'A'
         : is_lower(c)          ? c - 'a' + 26
         : is_digit(c)          ? c - '0' + 52
         : c == '+' || c == '-' ? 62
         : c == '/' || c == '_' ? 63
                                : -1;
}

// The bytes, one by one, until `take` has enough.
template <class Take>
bool decode(std::string_view base64, Take take) {
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : base64) {
    const int value = base64_value(c);
    if (value < 0)
      return c == '=';
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    if ((count += 6) < 8)
      continue;
    count -= 8;
    if (!take(static_cast<unsigned char>(bits >> count)))
      return false;
  }
  return true;
}

bool is_printable(unsigned char c) {
  return (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r' || c == '\t';
}

// PKCS #1 and #8, SEC 1: a sequence that begins with its version. Certificates and public keys
// begin with another sequence. And gzip, and OpenSSH's own form.
bool begins_with_key(std::string_view base64) {
  std::string head;
  decode(base64, [&](unsigned char byte) {
    head += static_cast<char>(byte);
    return head.size() < 14;
  });
  const bool sequence = head.size() > 8 && head[0] == '\x30';
  const std::size_t body = sequence && (head[1] & 0x80) != 0 ? 2 + (head[1] & 0x03) : 2;
  return (sequence && head.substr(body, 2) == "\x02\x01") || head.starts_with("\x1f\x8b\x08") ||
         head.starts_with("openssh-key-v1");
}

}  // namespace

Named named(std::string_view name) {
  if (name.size() > k_longest_name)
    return Named::nothing;
  const std::uint32_t letters = letters_of(name);
  if (!may_be_one_of(letters, k_stems) && !may_be_one_of(letters, k_parts) &&
      !may_be_one_of(letters, k_ends))
    return Named::nothing;
  const Parts parts = parts_of(name);
  if (one_of(k_despite, parts.joined))
    return Named::likely;
  if (parts.count > 1 && one_of(k_about, parts.part[parts.count - 1]))
    return Named::nothing;
  return std::max(of_stems(parts), of_end(parts));
}

bool looks_random(std::string_view value) {
  const Kinds k = kinds_of(value);
  return value.size() >= 8 && k.digits > 0 && k.upper + k.lower > 0 && !is_object_name(value);
}

bool is_mixed(std::string_view value) {
  const Kinds k = kinds_of(value);
  return value.size() >= 8 && k.digits > 0 && k.upper > 0 && k.lower > 0;
}

bool is_credential(Named name, std::string_view value, Seen seen) {
  if (never(value))
    return false;
  switch (name) {
  case Named::certain:
    return seen != Seen::in_words || looks_random(value);
  case Named::likely:
    return !is_number(value) &&
           (seen == Seen::assigned || is_mixed(value) ||
            (seen == Seen::behind_colon ? looks_random(value) : is_long(value)));
  case Named::perhaps:
    return looks_like_credential(value);
  case Named::key:
    return could_be_nothing_else(value);
  case Named::nothing:
    break;
  }
  return false;
}

std::optional<std::size_t> find_token(std::string_view word) {
  if (word.size() < k_shortest_token)
    return std::nullopt;
  for (std::size_t at = 0; at < word.size(); ++at) {
    if (at > 0 && is_alnum(word[at - 1]))
      continue;
    const std::string_view rest = word.substr(at);
    if (is_form(rest) || is_jwt(rest) || is_bootstrap_token(rest))
      return at;
  }
  return std::nullopt;
}

bool may_hide_text(std::string_view beginning) {
  return beginning.size() >= k_shortest_token &&
         (begins_with_key(beginning) || decode(beginning, is_printable));
}

bool hides_text(std::string_view base64) {
  const bool padded = base64.ends_with('=') && base64.size() % 4 == 0;
  return base64.size() >= (padded ? k_shortest_token : k_shortest_text) && may_hide_text(base64);
}

}  // namespace kpr::privacy
