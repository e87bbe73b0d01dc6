// Names and addresses behind pseudonyms: the same name always behind the same one, so that what
// belonged together still does. Addresses keep their kind (private, public, link-local) and share
// as long a prefix as before, so that an address stays in its network.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "util/result.hpp"

namespace kpr::privacy {

enum class NameKind {
  node,
  name_space,
  pod,
  service,
  workload,
  host,
  registry,
  image,
  cluster,
  label,
  other
};

class Pseudonyms {
 public:
  explicit Pseudonyms(std::string key)
      : key_(std::move(key)) {}  // random bytes: who does not have them cannot try all addresses

  // The file that says what stands behind each pseudonym. Reading it lets another archive have the
  // same pseudonyms.
  std::string to_json() const;
  static Result<Pseudonyms> from_json(const std::string& text);

  // The pseudonym of a name; made when it is new. A name of two kinds has one pseudonym.
  const std::string& add(NameKind kind, std::string_view name);
  void add_as(NameKind kind,
              std::string_view name,
              std::string pseudonym);  // another word for a name that has one
  void
  add_domain(std::string_view domain);  // hosts below it become pseudonyms wherever they are met
  const std::string* find(std::string_view name) const;

  // A value of a label or selector: replaced where it stands and nowhere else, since many are
  // everyday words.
  std::string label_value(std::string_view value);

  // A text with every known name and every address replaced. Where `columns`, blanks behind a name
  // make up for its new length.
  std::string text(std::string_view text, bool columns = false);

  // One address as it is printed, without a prefix length; what is none comes back as it was.
  std::string address(std::string_view text, int prefix_length = -1);

 private:
  struct Entry {
    NameKind kind;
    std::string pseudonym;
    bool weak;  // an everyday word: replaced only where something around it says that it is a name
  };
  std::string token(std::string_view token, bool named);
  std::string label(std::string_view label, bool named);
  bool flip(std::string_view prefix, int bits) const;
  void scramble(std::span<unsigned char> bytes, int keep, int prefix_length) const;
  std::string mac(std::string_view text);

  std::string key_;
  std::unordered_map<std::string, Entry> names_;
  std::map<NameKind, std::size_t> counts_;
  std::unordered_map<std::string, std::string> labels_;
  std::map<std::string, bool, std::less<>> domains_;
  std::map<std::string, std::string> addresses_;
};

}  // namespace kpr::privacy
