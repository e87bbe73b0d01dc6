#include "paste.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "util/strings.hpp"

namespace kpr::test {
namespace fs = std::filesystem;
namespace {

using Visit = std::function<void(std::string&)>;

void visit(nlohmann::json& value, const Visit& text) {
  if (value.is_string())
    text(value.get_ref<std::string&>());
  else if (value.is_structured())
    for (auto& inner : value)
      visit(inner, text);
}

void visit(evidence::Evidence& e, const Visit& text) {
  for (auto& [resource, objects] : e.objects)
    if (objects)
      for (auto& item : objects->items)
        visit(item, text);
  for (auto& agent : e.agents) {
    for (std::string* s : {&agent.node, &agent.pod, &agent.pod_namespace})
      text(*s);
    for (auto& [command, output] : agent.outputs)
      if (output)
        text(output->out);
  }
  for (auto& log : e.logs)
    for (std::string* s : {&log.ns, &log.pod, &log.container, &log.tail})
      text(*s);
}

bool in_a_word(char c) {
  return std::string_view(" \t\n\"',;(){}[]=|<>").find(c) == std::string_view::npos;
}

// Also inside of longer texts, as a name stands in a message; but not inside of a longer word.
void replace_words(std::string& text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;) {
    const std::size_t end = at + what.size();
    const bool whole = (at == 0 || !in_a_word(text[at - 1]) || text[at - 1] == '/') &&
                       (end == text.size() || !in_a_word(text[end]) || text[end] == '/' ||
                        text[end] == ':' || text[end] == '.');
    if (whole)
      text.replace(at, what.size(), by);
    at += whole ? by.size() : 1;
  }
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Programs that commands of ours may name; each only writes down how it was called.
constexpr const char* k_stubs[] = {"kubectl",
                                   "helm",
                                   "crictl",
                                   "journalctl",
                                   "cilium",
                                   "curl",
                                   "grep",
                                   "wc",
                                   "ip",
                                   "ipvsadm",
                                   "ipset",
                                   "xargs",
                                   "nft",
                                   "uname",
                                   "cat",
                                   "getent",
                                   "ethtool",
                                   "sysctl",
                                   "aws",
                                   "az",
                                   "kubeadm",
                                   "rm",
                                   "ls",
                                   "timedatectl",
                                   "head",
                                   "systemctl",
                                   "iptables-nft-save",
                                   "iptables-nft-restore",
                                   "iptables-legacy-save",
                                   "iptables-legacy-restore",
                                   "ip6tables-nft-save",
                                   "ip6tables-nft-restore",
                                   "ip6tables-legacy-save",
                                   "ip6tables-legacy-restore"};

// What payloads call, and what nobody else does.
constexpr const char* k_traps[] = {"touch", "id", "reboot"};

void write_program(const fs::path& path, const std::string& body) {
  std::ofstream(path) << "#!/bin/sh\n" << body;
  fs::permissions(path, fs::perms::owner_all);
}

struct Folder {
  Folder() : path((fs::temp_directory_path() / "kpr-paste-XXXXXX").string()) {
    if (mkdtemp(path.data()) == nullptr)
      throw std::runtime_error("no temporary folder");
  }
  ~Folder() { fs::remove_all(path); }
  std::string path;
};

// One call: the words, each ended by \1.
std::string record(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words)
    out += word + '\1';
  return out + '\n';
}

}  // namespace

const std::vector<std::string>& payloads() {
  static const std::vector<std::string> all = {
      "$(touch PWN)",
      "`touch PWN`",
      ";touch PWN;",
      "\ntouch PWN\n",
      "' ; touch PWN ; '",
      "\"; touch PWN; \"",
      "|touch PWN",
      "&touch PWN&",
      ">PWN",
      "-oProxyCommand=touch PWN",
      "--all",
      "\xc2\xa0touch\xc2\xa0PWN",
      "\xe2\x80\xa8touch PWN",
      "{PWN,b}",
      "~/PWN",
      "*",
      "$IFS",
      "!touch",
      "\\",
      "=touch",
      "a\rtouch PWN",
      "\x1b[200~touch PWN\x1b[201~",
  };
  return all;
}

std::set<std::string> texts_of(const evidence::Evidence& evidence) {
  std::set<std::string> out;
  evidence::Evidence copy = evidence;
  visit(copy, [&](std::string& text) {
    if (!text.empty() && text.size() <= 120)
      out.insert(text);
    // Names that only stand in a text of an agent, or in a message.
    std::string word;
    for (const char c : text + "\n") {
      if (in_a_word(c)) {
        word += c;
        continue;
      }
      if (word.size() > 2)
        out.insert(std::exchange(word, {}));
      word.clear();
    }
  });
  return out;
}

evidence::Evidence with_texts(evidence::Evidence evidence,
                              const std::vector<std::pair<std::string, std::string>>& replaced) {
  visit(evidence, [&](std::string& text) {
    for (const auto& [what, by] : replaced)
      replace_words(text, what, by);
  });
  return evidence;
}

void Pasted::add(const checks::RunResult& result) {
  for (const auto* list : {&result.findings, &result.explained})
    for (const auto& finding : *list)
      for (const auto* steps : {&finding.fix, &finding.verify})
        for (const auto& step : *steps) {
          if (!step.is_command())
            continue;
          const auto command = step.command();
          if (lines.insert(command.shell()).second && !command.argv.empty())
            argv.emplace_back(command.shell(), command.argv);
        }
}

std::string paste(const std::string& shell, const Pasted& pasted) {
  const Folder folder;
  const fs::path here = folder.path, bin = here / "bin", work = here / "work";
  fs::create_directory(bin);
  fs::create_directory(work);
  for (const char* name : k_traps)
    write_program(bin / name,
                  "echo " + std::string(name) + " >> " + (here / "ran").string() + "\n");
  std::ofstream script(here / "script");
  for (const char* name : k_stubs) {  // functions: a process for each call would take minutes
    write_program(bin / name, "exit 0\n");
    if (std::string_view(name).find('-') == std::string_view::npos)  // dash wants no such name
      script << name << "() { printf '%s\\1' " << name << " \"$@\" >&3; printf '\\n' >&3; }\n";
  }
  std::string expected;
  for (const auto& line : pasted.lines) {
    const auto simple = std::find_if(pasted.argv.begin(), pasted.argv.end(), [&](const auto& a) {
      return a.first == line;
    });
    // What a line with pipes calls is not compared.
    script << (simple == pasted.argv.end() ? "{ " + line + "\n} 3>/dev/null\n" : line + "\n");
    if (simple != pasted.argv.end())
      expected += record(simple->second);
  }
  script.close();
  const std::string options = shell == "zsh" ? " -f" : shell == "bash" ? " --norc --noprofile" : "";
  const std::string command = "cd '" + work.string() + "' && PATH='" + bin.string() + "' " +
                              (shell.find('/') == 0 ? shell : "/bin/" + shell) + options +
                              " ../script 3>../calls >../out 2>&1 </dev/null";
  if (std::system(command.c_str()) < 0)
    return "cannot run " + shell;
  std::ostringstream wrong;
  if (fs::exists(here / "ran"))
    wrong << "ran: " << read(here / "ran");
  static const std::set<std::string> may_write = {
      "values.yaml", "kube-proxy-backup.yaml", "kube-proxy-cm-backup.yaml"};
  for (const auto& file : fs::directory_iterator(work))
    if (may_write.count(file.path().filename().string()) == 0)
      wrong << "made a file: " << file.path().filename() << "\n";
  if (const std::string calls = read(here / "calls"); calls != expected) {
    const auto differ = std::mismatch(calls.begin(), calls.end(), expected.begin(), expected.end());
    const auto at = static_cast<std::size_t>(differ.first - calls.begin());
    const auto line = calls.rfind('\n', at) + 1;
    wrong << "called: " << calls.substr(line, 300) << "\nnot:    " << expected.substr(line, 300)
          << "\nwords:  " << read(here / "out").substr(0, 300);
  }
  return wrong.str();
}

}  // namespace kpr::test
