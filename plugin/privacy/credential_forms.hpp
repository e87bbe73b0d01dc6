// What is a credential: by the name that something has, and by its own form.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kpr::privacy {

// How sure a name makes us that its value is a credential.
enum class Named {
  nothing,  // it says nothing
  key,      // "key": of a map, a label, an event; a credential where it looks like nothing else
  perhaps,  // "auth", "license", "signature": where it does not look like a word
  likely,   // "token", "secret": where something is assigned to it that is not a plain setting
  certain,  // "password": whatever it is
};

// Any spelling: DB_PASSWORD, dbPassword, db-password, --db.password. What only tells about a
// credential (password-file, tokenTTL, secretName) names none.
Named named(std::string_view name);

// What the name is to the value.
enum class Seen {
  in_words,      // "the token abc": a word before it
  behind_colon,  // "token: abc": a field, or a sentence
  assigned,      // "token=abc", "\"token\": \"abc\"": a field
};

// Whether a value of such a name is one.
bool is_credential(Named name, std::string_view value, Seen seen);

// Tokens that are told by their own form: `ghp_…`, `xoxb-…`, AKIA…, `hvs.…`, JSON Web Tokens,
// kubeadm's bootstrap tokens, …. Where in the word one begins; it goes to the word's end.
std::optional<std::size_t> find_token(std::string_view word);

// Base64 of a text, of a private key, or of something zipped: what it hides cannot be looked
// through, and a diagnosis needs none of it. Hashes and public keys are none of these.
bool hides_text(std::string_view base64);
bool may_hide_text(std::string_view beginning);  // false: it does not, whatever follows

// Letters and digits as no word of a language has them; is_mixed: in upper and lower case.
bool looks_random(std::string_view value);
bool is_mixed(std::string_view value);

}  // namespace kpr::privacy
