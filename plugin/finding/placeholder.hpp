// The one language of placeholders: `{pod}` in a command or a sentence stands for a value of this
// cluster. Each has a kind; a value that its kind cannot be never gets into a command.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kpr::finding {

enum class Kind {
  name,     // of an object in Kubernetes or a release of Helm: RFC 1123
  image,    // reference of an image
  version,  // 1.18.4, v1.18.4-rc.0, 6.1.0+deb
  address,  // IP address or host name, with or without a port
  number,
  key,     // of a label, taint or setting: letters, digits, "-_./"
  device,  // network interface, or a wildcard like eth+
  url,     // https://10.0.0.1:6443
  text,    // anything that can be printed; quoted like all others
};

// Whether `value` can be one of that kind. Nothing that begins with "-" or holds a control
// character can: the first would be an option, the second a line of its own.
bool fits(Kind kind, std::string_view value);

struct PlaceholderRow {
  std::string_view name;
  Kind kind;
};

// A placeholder without a row here does not compile in code, and does not load from the catalogue.
inline constexpr PlaceholderRow k_placeholders[] = {
    // of the cluster
    {"ns", Kind::name},        // where Cilium runs
    {"ds", Kind::name},        // DaemonSet of the agents
    {"operator", Kind::name},  // Deployment of the operator
    {"release", Kind::name},   // Helm's, of Cilium
    {"version", Kind::version},
    {"bin", Kind::name},      // cilium or cilium-dbg
    {"host", Kind::address},  // of the API server
    {"port", Kind::number},   // of the API server
    {"agent", Kind::name},    // pod of the agent on the first node that is named
    {"node", Kind::name},     // the first node that is named
    {"nodes", Kind::name},    // all of them
    // of a finding
    {"pod", Kind::name},
    {"pod-ns", Kind::name},
    {"container", Kind::name},
    {"owner", Kind::key},  // of pods: deployment/web
    {"image", Kind::image},
    {"new-image", Kind::image},
    {"registry", Kind::address},
    {"taint", Kind::key},
    {"other", Kind::name},  // another DaemonSet
    {"other-ns", Kind::name},
    {"helm-ns", Kind::name},
    {"chart-version", Kind::version},
    {"next-minor", Kind::version},
    {"kubernetes-version", Kind::version},
    {"revision", Kind::number},
    {"device", Kind::device},
    {"virtual-ip", Kind::address},
    {"cidr", Kind::key},
    {"table-size", Kind::number},
    {"min-port", Kind::number},
    {"max-port", Kind::number},
    {"node-port", Kind::number},
    {"free-port", Kind::number},  // one that nothing listens on
    {"api", Kind::address},       // where a program looked for the API server
    {"cluster-ip", Kind::address},
    {"urls", Kind::url},
    {"cluster", Kind::name},  // as its cloud calls it
    {"group", Kind::text},    // Azure's resource group
    {"user", Kind::text},
    {"token", Kind::text},
    {"target", Kind::address},  // of a connection
    {"proxies", Kind::text},
};

class Placeholder {
 public:
  consteval Placeholder(const char* name) : row_(row_of(name)) {}  // NOLINT: implicit on purpose
  static std::optional<Placeholder> find(std::string_view name);

  std::string_view name() const { return k_placeholders[row_].name; }
  Kind kind() const { return k_placeholders[row_].kind; }
  std::string stand_in() const;  // "POD_NS": what is printed where there is no value
  auto operator<=>(const Placeholder&) const = default;

 private:
  explicit Placeholder(std::size_t row) : row_(row) {}
  static consteval std::size_t row_of(std::string_view name) {
    for (std::size_t row = 0; row < std::size(k_placeholders); ++row)
      if (k_placeholders[row].name == name)
        return row;
    throw "no such placeholder";
  }
  std::size_t row_;
};

// One value or a list of them, from anywhere; an empty one is none.
struct Texts {
  Texts(std::string text) {  // NOLINT: implicit on purpose
    if (!text.empty())
      list.push_back(std::move(text));
  }
  Texts(const char* text) : Texts(std::string(text)) {}              // NOLINT
  Texts(std::vector<std::string> texts) : list(std::move(texts)) {}  // NOLINT
  std::vector<std::string> list;
};

// What placeholders stand for. Raw: whoever prints one quotes or escapes it.
class Values {
 public:
  struct Value {
    Placeholder name;
    Texts texts;
  };
  Values() = default;
  Values(std::initializer_list<Value> values);

  void set(Placeholder name, Texts texts);
  void fill(const Values& more);                                // what is set already stays
  const std::vector<std::string>& get(Placeholder name) const;  // empty when it is not set

 private:
  std::map<Placeholder, std::vector<std::string>> values_;
};

// A placeholder that kept its stand-in, and the value that does not fit its kind ("" when none is
// known).
struct Open {
  std::string stand_in;
  std::string value;
  bool operator==(const Open&) const = default;
};

// `text` with what placeholders stand for, as a sentence has it: "n1, n2 and 5 more".
struct Sentence {
  std::string text;
  std::vector<Open> open;
};
Sentence fill_sentence(std::string_view text, const Values& values);

// The same for a sentence that nobody pastes: values as they are, and of nodes only as many as can
// be read.
std::string fill_text(std::string_view text, const Values& values);

// The placeholders of a text, in order; `{` that begins none of them is only a brace. `unknown`
// gets what looks like a placeholder and has no row.
struct Piece {
  std::string literal;  // where there is no slot
  std::optional<Placeholder> slot;
};
std::vector<Piece> pieces_of(std::string_view text, std::vector<std::string>* unknown = nullptr);

}  // namespace kpr::finding
