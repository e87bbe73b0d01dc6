// Credentials inside texts: what agents print, what containers log, what events quote.
//
// One pass by hand and not regular expressions: where a value ends depends on how deep its quotes
// were escaped, whether it is one depends on its name, its looks and what stands between, and some
// hundred alternatives with captures would cost RE2 its automaton, which is what makes it linear in
// practice. Each letter is looked at by a bounded number of rules; what is searched for far ahead
// (an '@', the end of a key) is remembered until the pass is there. So work grows with the text and
// not with its square; tests hold that by counting looks.
#include <algorithm>
#include <array>
#include <iterator>

#include "privacy/credential_forms.hpp"
#include "privacy/letters.hpp"
#include "privacy/redact.hpp"

namespace kpr::privacy {
namespace {

constexpr std::size_t k_judged = 96;  // so many letters of a value say whether it is a credential
constexpr std::size_t k_glance = 20;  // and so many, that it is not worth reading on

template <class Range>
bool one_of(const Range& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}
bool among(char c, std::string_view letters) {
  return letters.find(c) != std::string_view::npos;
}

bool is_word(Letter l) {
  return is_alnum(l.value) || l.value == '_' || l.value == '-' || l.value == '.';
}
bool is_base64(Letter l) {
  return is_alnum(l.value) || among(l.value, "+/-_");
}
bool is_space(Letter l) {
  return l.blank() || l.line_end() || (l.value > '\0' && l.value < ' ');
}
bool ends_chunk(Letter l) {  // of something like a URL
  return is_space(l) || l.quote() || l.opaque() || l.value == '<' || l.value == '>';
}
bool ends_value(Letter l) {  // that has no quotes
  return ends_chunk(l) || among(l.value, ",;&)]}|");
}

// Programs whose short options carry a password.
struct Program {
  std::string_view name, options;
};
constexpr Program k_programs[] = {
    {"7z", "p"},         {"az", "p"},         {"cqlsh", "p"},           {"curl", "uU"},
    {"http", "a"},       {"influx", "p"},     {"ipmitool", "P"},        {"kadmin", "w"},
    {"ldapadd", "w"},    {"ldapmodify", "w"}, {"ldapsearch", "w"},      {"lftp", "u"},
    {"mariadb", "p"},    {"mongo", "p"},      {"mongodump", "p"},       {"mongosh", "p"},
    {"mysql", "p"},      {"mysqladmin", "p"}, {"mysqldump", "p"},       {"openssl", "kK"},
    {"redis-cli", "a"},  {"smbclient", "U"},  {"rabbitmqadmin", "p"},   {"snmpget", "cAX"},
    {"snmpwalk", "cAX"}, {"sqlcmd", "P"},     {"sshpass", "p"},         {"unzip", "P"},
    {"valkey-cli", "a"}, {"zip", "P"},        {"redis-benchmark", "a"},
};
// Options that take user:password.
constexpr std::string_view k_user_options[] = {"-u", "-U", "--user", "--proxy-user"};

constexpr std::string_view k_headers[] = {
    "authorization", "proxy-authorization", "x-forwarded-authorization", "cookie", "set-cookie"};
// What stands before the credential in the value of such a header, and at times without one.
constexpr std::string_view k_schemes[] = {
    "bearer", "basic", "digest", "negotiate", "ntlm", "apikey"};

// Hosts whose paths let in whoever knows them.
struct SecretPath {
  std::string_view host, path;
};
constexpr SecretPath k_secret_paths[] = {{"hooks.slack.com", "/services/"},
                                         {"discord.com", "/api/webhooks/"},
                                         {"discordapp.com", "/api/webhooks/"},
                                         {"api.telegram.org", "/bot"},
                                         {"webhook.office.com", "/"},
                                         {"outlook.office.com", "/webhook/"}};

// The kernel's names of ciphers: behind one, in a line of IPsec, stands the key.
constexpr std::string_view k_ciphers[] = {"cbc",
                                          "ccm",
                                          "cmac",
                                          "ctr",
                                          "gcm",
                                          "hmac",
                                          "rfc3686",
                                          "rfc4106",
                                          "rfc4309",
                                          "rfc4543",
                                          "rfc7539",
                                          "xcbc"};

constexpr std::string_view k_digests[] = {"sha256:", "sha512:"};

// crypt(3), Apache, PHC.
constexpr std::string_view k_hashes[] = {"1",
                                         "2a",
                                         "2b",
                                         "2y",
                                         "5",
                                         "6",
                                         "7",
                                         "y",
                                         "gy",
                                         "apr1",
                                         "sha1",
                                         "argon2i",
                                         "argon2d",
                                         "argon2id",
                                         "scrypt",
                                         "pbkdf2-sha256"};

struct Word {
  std::size_t begin = 0, end = 0;
  std::string text, lower;
  bool option() const { return text.size() > 1 && text.front() == '-'; }
};

// What stands between a name and its value.
enum class Sign { none, blank, comma, colon, equals, element };
struct Between {
  Sign sign = Sign::none;
  bool spaced = false;  // blanks behind the sign
  bool quoted = false;  // quotes behind the name
  std::size_t value = 0;
  bool assigns() const { return sign > Sign::comma; }
};

struct Span {
  std::size_t begin = 0, end = 0;
  bool empty() const { return begin >= end; }
};

// A value of several lines: a block of YAML, or what stands below a name.
struct Block {
  std::size_t indent = 0;
  Named name = Named::nothing;
  bool literal = false;  // "|": whatever stands there
  bool item = false;     // the next line only, and only when it begins with "- "
};

// The next place of something. Positions that are asked for only grow, so that each part of the
// text is searched once.
class Ahead {
 public:
  template <class Search>
  std::size_t from(std::size_t position, Search search) {
    if (!asked_ || known_ < position)
      known_ = search(position);
    asked_ = true;
    return known_;
  }

 private:
  std::size_t known_ = 0;
  bool asked_ = false;
};

// Reads the text and what lies ahead in it; changes nothing.
class Reader {
 public:
  explicit Reader(std::string_view text) : in_(text) {}
  std::size_t steps() const { return in_.steps(); }

 protected:
  Word read_word(std::size_t at) const {
    Word w{at, at, {}, {}};
    for (Letter l = in_.at(at); is_word(l); l = in_.at(w.end)) {
      w.text += l.value;
      w.end += l.width;
    }
    w.lower = lower(w.text);
    return w;
  }
  std::size_t on(std::size_t at, std::size_t letters = 1) const {
    while (letters-- > 0)
      at += in_.at(at).width;
    return at;
  }
  template <class Ends>
  std::size_t until(std::size_t at, Ends ends) const {
    for (Letter l = in_.at(at); l.width > 0 && !ends(l); l = in_.at(at))
      at += l.width;
    return at;
  }
  std::size_t skip_blanks(std::size_t at) const {
    return until(at, [](Letter l) {
      return !l.blank();
    });
  }
  std::string letters(Span span, std::size_t most = k_judged) const {
    std::string out;
    for (std::size_t at = span.begin; at < span.end && out.size() < most; at = on(at))
      out += in_.at(at).value;
    return out;
  }
  std::string letters_from(std::size_t at, std::size_t count) const {
    return letters({at, in_.size()}, count);
  }

  std::size_t next(Ahead& ahead, std::size_t from, std::string_view letters) {
    return ahead.from(from, [&](std::size_t at) {
      return until(at, [&](Letter l) {
        return among(l.value, letters);
      });
    });
  }
  std::size_t next_text(Ahead& ahead, std::size_t from, std::string_view what) {
    return ahead.from(from, [&](std::size_t at) {
      return std::min(in_.text().find(what, at), in_.size());
    });
  }
  std::size_t line_end(std::size_t from) {
    return line_end_.from(from, [this](std::size_t at) {
      return until(at, [](Letter l) {
        return l.line_end();
      });
    });
  }
  std::size_t chunk_end(std::size_t from) {
    return chunk_end_.from(from, [this](std::size_t at) {
      return until(at, ends_chunk);
    });
  }
  std::size_t value_end(std::size_t from) {
    return value_end_.from(from, [this](std::size_t at) {
      return until(at, ends_value);
    });
  }
  std::size_t base64_end(std::size_t from) {
    return base64_end_.from(from, [this](std::size_t at) {
      return until(at, [](Letter l) {
        return !is_base64(l);
      });
    });
  }

  Between between(const Word& w, char before) const {
    Between b;
    std::size_t at = w.end;
    for (int i = 0; i < 4 && (in_.at(at).quote() || among(in_.at(at).value, "])")); ++i) {
      b.quoted = true;
      at = on(at);
    }
    if (in_.at(at).value == '>' && before == '<')
      return {Sign::element, false, false, on(at)};
    const std::size_t sign = skip_blanks(at);
    b.sign = sign_at(sign, b.quoted);
    if (b.sign == Sign::none && sign > at && !in_.at(sign).line_end())
      b.sign = Sign::blank;
    b.value = b.sign > Sign::blank ? on(sign) : sign;
    for (int i = 0; i < 2 && b.assigns() && among(in_.at(b.value).value, "=>"); ++i)
      b.value = on(b.value);  // := == => -> ==>
    const std::size_t value = skip_blanks(b.value);
    b.spaced = value > b.value;
    b.value = value;
    return b;
  }

  Sign sign_at(std::size_t at, bool quoted) const {
    switch (in_.at(at).value) {
    case ':':
      return in_.at(on(at)).value == ':' ? Sign::none : Sign::colon;
    case '=':
      return Sign::equals;
    case '-':
      return in_.at(on(at)).value == '>' ? Sign::equals : Sign::none;
    case ',':
      return quoted && in_.at(skip_blanks(on(at))).quote() ? Sign::comma : Sign::none;
    default:
      return Sign::none;
    }
  }

  // What is between quotes, or behind one that does not end in this line.
  Span quoted(std::size_t at) const {
    const Letter open = in_.at(at);
    at += open.width;
    return {at, until(at, [&](Letter l) {
              return (l.value == open.value || l.line_end()) && l.escapes <= open.escapes;
            })};
  }

  // The rest of a line, as YAML and INI take it: until a comment, the end of a quote or bracket
  // around it, or one of `separators` with no letter behind it.
  Span rest_of_line(std::size_t begin, std::string_view separators) const {
    std::size_t at = begin;
    for (Letter l = in_.at(at); !l.line_end() && !l.opaque(); l = in_.at(at)) {
      const bool last = !is_alnum(in_.at(at + l.width).value);
      if (among(l.value, "\"`<") || (last && among(l.value, separators)) ||
          (l.value == '#' && at > begin && in_.text()[at - 1] == ' '))
        break;
      at += l.width;
    }
    while (at > begin && in_.text()[at - 1] == ' ')
      --at;
    return {begin, at};
  }

  // Up to what cannot be part of it.
  Span unquoted(std::size_t begin) { return {begin, value_end(begin)}; }

  // The same of a password, which may hold commas and brackets; not where another field begins.
  Span password(std::size_t begin) const {
    std::size_t end = until(begin, ends_value);
    while (end > begin && among(in_.at(end).value, ",;&)]}|")) {
      const std::size_t next = on(end);
      if (!is_alnum(in_.at(next).value) || begins_field(next))
        break;
      end = until(next, ends_value);
    }
    return {begin, end};
  }
  bool begins_field(std::size_t at) const {
    for (int i = 0; i < 32 && is_word(in_.at(at)); ++i)
      at = on(at);
    return among(in_.at(at).value, "=:");
  }

  // One word in a line and nothing else: neither a field nor an option.
  bool is_plain(Span line) const {
    const std::size_t end = until(line.begin, [](Letter l) {
      return is_space(l) || l.opaque();
    });
    return skip_blanks(end) >= line.end && end > line.begin && in_.text()[end - 1] != ':' &&
           !among(in_.at(line.begin).value, "-{[");
  }
  bool is_redacted(Span span) const {
    return in_.at(span.begin).opaque() && on(span.begin) >= span.end;
  }

  Letters in_;

 private:
  Ahead line_end_, chunk_end_, value_end_, base64_end_;
};

class Scanner : public Reader {
 public:
  using Reader::Reader;

  std::string run() {
    out_.reserve(in_.size());
    begin_line();
    while (at_ < in_.size())
      step();
    out_.append(in_.text().substr(done_));
    return std::move(out_);
  }

 private:
  // --- the pass

  void step() {
    const Letter l = in_.at(at_);
    if (l.line_end()) {
      at_ += l.width;
      begin_line();
    } else if (is_word(l)) {
      word();
    } else if (!among(l.value, "+/") || !base64()) {
      symbol(l);
    }
  }

  void word() {
    const Word w = read_word(at_);
    if (w.lower.ends_with("-----begin") && key_block(w))
      return;
    if (by_form(w) || base64() || by_cipher(w) || by_option(w) || by_name(w) || by_scheme(w))
      return;
    for (const Program& program : k_programs)
      if (program.name == w.lower)
        program_ = &program;
    before_ = w.lower;
    at_ = word_end_ = w.end;
  }

  void symbol(Letter l) {
    if ((l.value == ':' && (url() || user_info())) || (l.value == '$' && crypt_hash()))
      return;
    if (among(l.value, ";|&"))
      program_ = nullptr;
    if (!l.blank())
      before_.clear();
    last_symbol_ = l.value;
    at_ += l.width;
  }

  // Takes a part of a line out.
  bool blank(std::size_t from, std::size_t to) {
    out_.append(in_.text().substr(done_, from - done_));
    out_ += k_redacted;
    at_ = done_ = to;
    before_.clear();
    return true;
  }
  bool blank(Span span) { return blank(span.begin, span.end); }

  // --- lines

  void begin_line() {
    program_ = nullptr;
    before_.clear();
    last_symbol_ = '\n';
    armed_ -= armed_ > 0;
    content_ = skip_blanks(at_);
    indent_ = content_ - at_;
    const bool item = in_.at(content_).value == '-' && in_.at(on(content_)).blank();
    if (item)
      content_ = skip_blanks(on(content_));
    if (block_ && !in_.at(content_).line_end())
      continue_block(item);
  }

  void continue_block(bool item) {
    const Block block = *block_;
    const bool inside = block.item ? item && indent_ == block.indent
                                   : indent_ > block.indent || (item && indent_ == block.indent);
    if (!inside || block.item)
      block_.reset();
    const Span line{content_, line_end(content_)};
    if (!inside || is_redacted(line))
      return;
    if (block.literal ||
        (is_plain(line) && is_credential(block.name, letters(line), Seen::assigned)))
      blank(line);
  }

  // --- what is told by its form

  bool by_form(const Word& w) {
    if (w.text.starts_with("K10") && letters_from(w.end, 2) == "::")  // k3s
      return blank(w.begin, chunk_end(w.end));
    for (const SecretPath& secret : k_secret_paths) {
      if (!w.lower.ends_with(secret.host) || letters_from(w.end, secret.path.size()) != secret.path)
        continue;
      const std::size_t from = on(w.end, secret.path.size());
      return chunk_end(from) > from && blank(from, chunk_end(from));
    }
    const std::optional<std::size_t> token = find_token(w.text);
    return token && blank(on(w.begin, *token), w.end);
  }

  bool base64() {
    const std::size_t letters_end = base64_end(at_);
    std::size_t end = letters_end;
    for (int i = 0; i < 2 && in_.at(end).value == '='; ++i)
      end = on(end);
    const Letter behind = in_.at(end);
    if (end > letters_end && !ends_value(behind) && behind.value != '.')
      return false;  // name=value
    const Span span{at_, end};
    return may_hide_text(letters(span, k_glance)) && hides_text(letters(span)) && blank(span);
  }

  // -----BEGIN EC PRIVATE KEY-----, to its end; where that was cut off, as far as it looks like
  // one.
  bool key_block(const Word& w) {
    const std::string label = lower(letters_from(w.end, 48));
    const std::size_t dashes = label.find("-----");
    if (dashes == std::string::npos || label.substr(0, dashes).find("key") == std::string::npos ||
        label.substr(0, dashes).find("public") != std::string::npos)
      return false;
    const std::size_t begin = on(w.end, dashes + 5);
    const std::size_t end = next_text(key_end_, begin, "-----END");
    const bool whole = end < in_.size() && end < next_text(key_begin_, begin, "-----BEGIN");
    blank_key(begin, whole ? end : in_.size(), whole);
    return true;
  }

  void blank_key(std::size_t at, std::size_t limit, bool whole) {
    at_ = at;
    for (;;) {
      const Span line{skip_blanks(at), std::min(line_end(at), limit)};
      if (!whole && !is_redacted(line) && !is_key_material(line))
        return;
      if (!line.empty() && !is_redacted(line))
        blank(line);
      at_ = std::max(at_, line.end);
      if (line.end >= limit)
        return;
      at = on(line.end);
    }
  }
  bool is_key_material(Span line) const {
    const std::size_t end = until(line.begin, [](Letter l) {
      return !is_base64(l) && l.value != '=';
    });
    return line.empty() || (skip_blanks(end) >= line.end && end - line.begin >= 16) ||
           among(in_.at(end).value, ":");
  }

  // rfc4106(gcm(aes)) 4142…5051 128
  bool by_cipher(const Word& w) {
    if (in_.at(w.end).value != '(' || !one_of(k_ciphers, w.lower))
      return false;
    std::size_t at = w.end;
    for (int i = 0; i < 48 && (is_word(in_.at(at)) || among(in_.at(at).value, "()")); ++i)
      at = on(at);
    const std::size_t begin = skip_blanks(at);
    const std::string key = letters({begin, chunk_end(begin)});
    return begin > at && (key.size() >= 16 || key.starts_with("0x")) &&
           blank(begin, chunk_end(begin));
  }

  // $6$salt$hash
  bool crypt_hash() {
    const Word id = read_short_word(on(at_));
    if (!one_of(k_hashes, id.text) || in_.at(id.end).value != '$')
      return false;
    const std::size_t end = until(id.end, [](Letter l) {
      return ends_chunk(l) || l.value == ':';
    });
    return end - id.end > 16 && blank(at_, end);
  }
  Word read_short_word(std::size_t at) const {
    Word w{at, at, {}, {}};
    while (w.text.size() < 16 && is_word(in_.at(w.end))) {
      w.text += in_.at(w.end).value;
      w.end = on(w.end);
    }
    return w;
  }

  // --- URLs

  // https://user:password@host, https://token@host, postgres://user:pass/word@host
  bool url() {
    if (letters_from(at_, 3) != "://")
      return false;
    const std::size_t from = on(at_, 3), end = chunk_end(from);
    const std::size_t sign = user_sign(from), path = next(path_, from, "/?#");
    if (sign >= end || sign == from)
      return false;
    const std::size_t colon = next(colon_, from, ":");
    const bool password = colon < sign && !(path < sign && is_port(colon, path));
    if (path < sign && (!password || path < colon || in_.at(from).value == '['))
      return false;
    return blank(from, last_user_sign(sign, password ? end : std::min(path, end)));
  }

  // user:password@host
  bool user_info() {
    const std::size_t from = on(at_);
    if (at_ != word_end_ || ends_chunk(in_.at(from)) || among(in_.at(from).value, "/:"))
      return false;
    const std::size_t end = std::min(chunk_end(from), next(path_, from, "/?#"));
    const std::size_t sign = user_sign(from);
    if (sign >= end || sign == from)
      return false;
    const std::size_t last = last_user_sign(sign, end);
    const bool address = before_.find('.') != std::string::npos && is_port(at_, last);
    return !address && blank(from, last);
  }

  // An '@' with a host behind it. The one of registry/image:tag@sha256:… has none.
  bool is_user_sign(std::size_t at) const {
    const Letter host = in_.at(on(at));
    return in_.at(at).value == '@' &&
           (is_alnum(host.value) || host.value == '[' || ends_chunk(host)) &&
           !one_of(k_digests, letters_from(on(at), 7));
  }
  std::size_t user_sign(std::size_t from) {
    return user_sign_.from(from, [this](std::size_t at) {
      while (at < in_.size() && !is_user_sign(at))
        at = on(at);
      return at;
    });
  }
  std::size_t last_user_sign(std::size_t sign, std::size_t end) const {
    for (std::size_t at = sign; at < end; at = on(at))
      if (is_user_sign(at))
        sign = at;
    return sign;
  }
  bool is_port(std::size_t colon, std::size_t end) const {
    const std::string port = letters({on(colon), end}, 6);
    return !port.empty() && port.size() < 6 && std::all_of(port.begin(), port.end(), is_digit);
  }

  // --- what is told by its name

  bool by_name(const Word& w) {
    if (one_of(k_headers, w.lower))
      return header(w);
    const Between b = between(w, last_symbol_);
    if (b.assigns() && (w.lower == "name" || w.lower == "key"))
      arm(b);
    Named name = named(w.text);
    if (name == Named::key && !before_.empty())  // Api Key: …
      name = std::max(name, named(before_ + "-" + w.text));
    if (armed_ > 0 && b.assigns() && w.lower.starts_with("value"))
      name = Named::certain;
    if (name == Named::nothing)
      return false;
    return b.assigns() ? assigned(w, b, name) : told(w, b, name);
  }

  // name: DB_PASSWORD, and a line on: value: …
  void arm(const Between& b) {
    const Span span = in_.at(b.value).quote() ? quoted(b.value) : unquoted(b.value);
    armed_ = named(letters(span)) >= Named::likely ? 3 : 0;
  }

  bool assigned(const Word& w, const Between& b, Named name) {
    if (opens_block(b, name))
      return false;
    const Span span = value(b, name);
    const bool field = w.begin <= on(content_) && in_.at(span.end).line_end();  // YAML's
    const bool sure = b.sign != Sign::colon || !b.spaced || b.quoted || field;
    return !span.empty() &&
           is_credential(name, letters(span), sure ? Seen::assigned : Seen::behind_colon) &&
           blank(span);
  }

  Span value(const Between& b, Named name) {
    const Letter first = in_.at(b.value);
    if (b.sign == Sign::element)
      return {b.value, until(b.value, [](Letter l) {
                return l.value == '<' || l.opaque() || l.line_end();
              })};
    if (first.quote())
      return quoted(b.value);
    if (first.value == '[' && name >= Named::likely)
      return list(b.value);
    if (name != Named::certain)
      return unquoted(b.value);
    return b.spaced ? rest_of_line(b.value, "',;)]}") : password(b.value);
  }

  // "password: |" and "password:" with the value below; "password":{"value":…}.
  bool opens_block(const Between& b, Named name) {
    if (name < Named::likely)
      return false;
    const Letter first = in_.at(b.value);
    const bool map = first.value == '{' || (first.value == '[' && in_.at(on(b.value)).value == '{');
    if (map)
      armed_ = 2;
    const std::string rest =
        among(first.value, "|>") ? letters({b.value, line_end(b.value)}, 8) : "";
    const bool literal = !rest.empty() && std::all_of(rest.begin() + 1, rest.end(), [](char c) {
      return is_digit(c) || among(c, "+- ");
    });
    if (b.sign == Sign::colon && (literal || first.line_end()))
      block_ = Block{indent_, name, literal, false};
    return map || literal || first.line_end();
  }

  // --token …, "--token", "…", and sentences: the token …
  bool told(const Word& w, const Between& b, Named name) {
    if (b.sign == Sign::none) {
      if (w.option() && in_.at(b.value).line_end() && name >= Named::likely)
        block_ = Block{indent_, name, false, true};
      return false;
    }
    const Letter first = in_.at(b.value);
    if (first.value == '-' || first.opaque())
      return false;
    const Span span = first.quote() ? quoted(b.value) : unquoted(b.value);
    // requirepass …, alone in its line
    const bool pair = name == Named::certain && w.begin == content_ &&
                      in_.at(span.end).line_end() && !w.lower.starts_with("passw");
    return !span.empty() &&
           is_credential(
               name, letters(span), w.option() || pair ? Seen::assigned : Seen::in_words) &&
           blank(span);
  }

  bool header(const Word& w) {
    const Between b = between(w, last_symbol_);
    if (!b.assigns() || in_.at(b.value).opaque())
      return false;
    const std::string value = letters_from(b.value, k_judged);
    const std::size_t first = value.find_first_not_of("\"'[");
    const std::string word = value.substr(std::min(first, value.size()));
    // What no message has behind "requires authorization: ".
    const std::string scheme = lower(word.substr(0, word.find_first_of(" \n")));
    const bool credential =
        one_of(k_schemes, scheme) || scheme == "token" ||
        word.substr(0, word.find('\n')).find('=') != std::string::npos ||
        is_credential(Named::perhaps, word.substr(0, scheme.size()), Seen::assigned);
    if (!credential)
      return false;
    const Span span = header_value(b);
    return !span.empty() && blank(span);
  }
  Span header_value(const Between& b) {
    const Letter first = in_.at(b.value);
    if (first.quote())
      return quoted(b.value);
    if (first.value == '[')
      return list(b.value);
    if (lower(letters_from(b.value, 6)) == "digest")  // the one with quotes inside
      return {b.value, line_end(b.value)};
    return b.sign == Sign::equals ? scheme_and_value(b.value) : rest_of_line(b.value, "')]}");
  }
  Span list(std::size_t open) { return {on(open), next(list_end_, open, "]\n")}; }
  Span scheme_and_value(std::size_t begin) {
    const Word scheme = read_short_word(begin);
    const bool two = one_of(k_schemes, lower(scheme.text)) && in_.at(scheme.end).blank();
    return {begin, until(two ? skip_blanks(scheme.end) : begin, ends_value)};
  }

  // Bearer …
  bool by_scheme(const Word& w) {
    if (!one_of(k_schemes, w.lower) || !in_.at(w.end).blank())
      return false;
    const Span span = unquoted(skip_blanks(w.end));
    const std::string value = letters(span);
    const auto capitals = std::count_if(value.begin(), value.end(), is_upper);
    const bool random = looks_random(value) || (value.size() >= 8 && capitals > 2);
    return random && blank(span);
  }

  // mysql -p…, redis-cli -a …, curl -u user:…
  bool by_option(const Word& w) {
    if (w.text.size() < 2 || w.text[0] != '-')
      return false;
    const bool user = one_of(k_user_options, w.text);
    if (w.text[1] == '-' && !user)
      return false;
    if (w.text.size() > 2 && !user && glued_option(w))
      return true;
    const std::size_t begin = skip_blanks(w.end);
    const Letter first = in_.at(begin);
    if ((begin == w.end && !first.quote()) || first.line_end() || first.value == '-' ||
        first.opaque())
      return false;
    const Span span = first.quote() ? quoted(begin) : unquoted(begin);
    const std::string value = letters(span);
    const bool mine =
        program_ != nullptr && w.text.size() <= 5 && among(w.text.back(), program_->options);
    const bool pair =
        user && value.find(':') != std::string::npos && !is_port(until_colon(begin), span.end);
    const bool random = w.text.size() == 2 && among(w.text[1], "apPw") && is_mixed(value);
    return (mine || pair || random) && !span.empty() && blank(span);
  }
  bool glued_option(const Word& w) {
    const bool mine = program_ != nullptr && among(w.text[1], program_->options);
    const Span span = unquoted(on(w.begin, 2));
    return (mine || (among(w.text[1], "pPaw") && is_mixed(letters(span)))) && !span.empty() &&
           blank(span);
  }
  std::size_t until_colon(std::size_t at) const {
    return until(at, [](Letter l) {
      return l.value == ':' || ends_value(l);
    });
  }

  std::string out_;
  std::size_t at_ = 0, done_ = 0;         // read, and written, up to here
  std::size_t word_end_ = 0;              // of the last word
  std::size_t content_ = 0, indent_ = 0;  // of this line, behind "- "
  Ahead user_sign_, path_, colon_, list_end_, key_begin_, key_end_;
  const Program* program_ = nullptr;  // named in this command
  std::string before_;                // the last word, when only blanks stand behind it
  char last_symbol_ = '\n';
  int armed_ = 0;  // a value is to come within so many lines
  std::optional<Block> block_;
};

}  // namespace

std::string redact_text(std::string_view text, std::size_t* steps) {
  Scanner scanner(text);
  std::string out = scanner.run();
  if (steps != nullptr)
    *steps = scanner.steps();
  return out;
}

}  // namespace kpr::privacy
