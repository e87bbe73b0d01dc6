// Credentials inside texts: what agents print, what containers log, what events quote.
#include <algorithm>
#include <array>

#include "privacy/redact.hpp"

namespace kpr::privacy {
namespace {

constexpr std::string_view k_blank = "<redacted>";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
bool is_word(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}
bool is_token(char c) {
  return is_word(c) || c == '+' || c == '/' || c == '=' || c == '~';
}

bool equals_lower(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size())
    return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(text[at + i]) != word[i])
      return false;
  return true;
}

// "-----BEGIN EC PRIVATE KEY-----" to its end, or to the text's.
void blank_private_keys(std::string& text) {
  constexpr std::string_view k_begin = "-----BEGIN ", k_key = "PRIVATE KEY-----",
                             k_end = "-----END ";
  for (std::size_t at = text.find(k_begin); at != std::string::npos;
       at = text.find(k_begin, at + 1)) {
    const std::size_t key = text.find(k_key, at);
    if (key == std::string::npos || key - at > 40)
      continue;
    const std::size_t from = key + k_key.size(), to = std::min(text.find(k_end, from), text.size());
    text.replace(from, to - from, k_blank);
  }
}

// https://user:password@host
void blank_user_info(std::string& text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at + 3)) {
    const std::size_t from = at + 3;
    std::size_t end = from, sign = std::string::npos;
    for (; end < text.size() && end - from < 512; ++end) {
      const char c = text[end];
      if (c == '@')
        sign = end;
      if (c == '/' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '?' || c == '#' ||
          static_cast<unsigned char>(c) <= ' ')
        break;
    }
    if (sign != std::string::npos && sign > from)
      text.replace(from, sign - from, k_blank);
  }
}

// JSON Web Tokens, wherever they stand; what follows "Bearer ".
void blank_tokens(std::string& text) {
  for (std::size_t at = text.find("eyJ"); at != std::string::npos; at = text.find("eyJ", at + 1)) {
    if (at > 0 && is_word(text[at - 1]) && text[at - 1] != '.' && text[at - 1] != '-')
      continue;
    std::size_t end = at;
    while (end < text.size() && is_token(text[end]))
      ++end;
    if (end - at >= 32 && std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                                     text.begin() + static_cast<std::ptrdiff_t>(end),
                                     '.') >= 2)
      text.replace(at, end - at, k_blank);
  }
  for (std::size_t at = 0; at + 7 < text.size(); ++at) {
    if (lower(text[at]) != 'b' ||
        !(equals_lower(text, at, "bearer ") || equals_lower(text, at, "basic ")))
      continue;
    const std::size_t from = text.find(' ', at) + 1;
    std::size_t end = from;
    while (end < text.size() && is_token(text[end]))
      ++end;
    const std::string_view value = std::string_view(text).substr(from, end - from);
    const bool random = std::any_of(value.begin(), value.end(), is_digit) ||
                        std::any_of(value.begin(), value.end(), [](char c) {
                          return c >= 'A' && c <= 'Z';
                        });
    if (value.size() >= 8 && random)
      text.replace(from, value.size(), k_blank);
  }
}

bool harmless(std::string_view value) {
  if (value.empty() || value.front() == '/' || value == k_blank)
    return true;
  if (std::all_of(value.begin(), value.end(), [](char c) {
        return is_digit(c) || c == '.';
      }))
    return true;
  for (const std::string_view word :
       {"true", "false", "null", "none", "disabled", "enabled", "map", "<nil>", "ok", "nil"})
    if (value.size() == word.size() && equals_lower(value, 0, word))
      return true;
  return false;
}

bool looks_random(std::string_view value) {
  return value.size() >= 8 && std::any_of(value.begin(), value.end(), is_digit) &&
         std::any_of(value.begin(), value.end(), is_letter) &&
         std::all_of(value.begin(), value.end(), is_token);
}

// name=value, name: value, "name":"value", --name value.
void blank_named(std::string& text) {
  struct Word {
    std::string_view text;
    bool always;  // its value is a credential, however it looks
  };
  static constexpr std::array<Word, 14> k_words{{{"password", true},
                                                 {"passwd", true},
                                                 {"passphrase", true},
                                                 {"fastopen_key", true},
                                                 {"private_key", false},
                                                 {"privatekey", false},
                                                 {"secret", false},
                                                 {"token", false},
                                                 {"credential", false},
                                                 {"apikey", false},
                                                 {"api_key", false},
                                                 {"api-key", false},
                                                 {"accesskey", false},
                                                 {"access_key", false}}};
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = lower(text[at]);
    if (c != 'p' && c != 's' && c != 't' && c != 'c' && c != 'a' && c != 'f')
      continue;
    const auto word = std::find_if(k_words.begin(), k_words.end(), [&](const Word& w) {
      return w.text[0] == c && equals_lower(text, at, w.text);
    });
    if (word == k_words.end())
      continue;
    std::size_t begin = at, i = at + word->text.size();
    while (begin > 0 && is_word(text[begin - 1]))
      --begin;
    const bool option = text.compare(begin, 2, "--") == 0;
    while (i < text.size() && is_word(text[i]))
      ++i;
    at = i - 1;
    bool quoted = false;
    while (i < text.size() && (text[i] == '"' || text[i] == '\\' || text[i] == '\''))
      quoted = true, ++i;
    const std::size_t name_end = i;
    while (i < text.size() && (text[i] == ' ' || text[i] == '\t'))
      ++i;
    bool certain = quoted || word->always;
    if (i < text.size() && (text[i] == ':' || text[i] == '=')) {
      certain = certain || text[i] == '=' || (i + 1 < text.size() && text[i + 1] != ' ');
      ++i;
      while (i < text.size() && (text[i] == ' ' || text[i] == '\t'))
        ++i;
    } else if (option && !quoted && i == name_end + 1 && i < text.size() && text[i] != '-') {
      certain = true;
    } else {
      continue;
    }
    while (i < text.size() && (text[i] == '"' || text[i] == '\\' || text[i] == '\''))
      ++i;
    std::size_t end = i;
    while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' &&
           std::string_view("\"'\\,;)}]&").find(text[end]) == std::string_view::npos)
      ++end;
    const std::string_view value = std::string_view(text).substr(i, end - i);
    if (value.starts_with("map[") || value.starts_with("[") || value.starts_with("{"))
      continue;
    if (word->always ? value.empty() || value.front() == '/' || value == k_blank
                     : harmless(value) || !(certain || looks_random(value)))
      continue;
    text.replace(i, value.size(), k_blank);
    at = i + k_blank.size() - 1;
  }
}

}  // namespace

std::string redact_text(std::string text) {
  blank_private_keys(text);
  blank_user_info(text);
  blank_tokens(text);
  blank_named(text);
  return text;
}

}  // namespace kpr::privacy
