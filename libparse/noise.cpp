#include "noise.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "scan.hpp"

namespace kpr::det {
namespace {

constexpr std::string_view k_noise[] = {
    "Defaulted container ",           // kubectl 1.21+
    "Defaulting container name to ",  // kubectl until 1.20, and the line below it
    "Use 'kubectl describe pod",
    "Using config file: ",  // cilium itself
    "Unable to use a TTY",
    "command terminated with exit code ",
    "error: ",
    "Error: ",
    "Error from server",
    "> Error while running",  // cilium-bugtool
    "If you don't see a command prompt",
    "warning: ",
    "Warning: ",
    "error parsing ",  // service list, of an address it does not know
    "Stdout:",         // Cilium's own CI (test/helpers)
    "Stderr:",
    "Exitcode: ",
    "Err: ",
    "Running command: ",
};

constexpr std::string_view k_alone[] = {"exit", "logout", "^C", "$", "#", "%", ">", "\xe2\x9d\xaf"};

constexpr std::string_view k_programs[] = {
    "cilium",      "cilium-dbg", "cilium-health", "cilium-agent", "./cilium/cilium", "kubectl",
    "kubectl.exe", "oc",         "docker",        "crictl",       "nerdctl",         "ssh",
    "sudo",        "microk8s",   "k3s",           "podman",       "ksexec",          "minikube",
    "kubecolor",   "k"};

constexpr std::string_view k_prompt_signs[] = {
    "\xe2\x9d\xaf", "\xe2\x9e\x9c", "\xc2\xbb", "\xce\xbb", "\xe2\x96\xb6"};  // ❯ ➜ » λ ▶

constexpr std::string_view k_left_out[] = {"snip",
                                           "snipped",
                                           "snippet",
                                           "truncated",
                                           "output truncated",
                                           "omitted",
                                           "output omitted",
                                           "skipped",
                                           "skip",
                                           "cut",
                                           "redacted",
                                           "etc",
                                           "more"};

template <std::size_t N>
bool starts_with_any(std::string_view line, const std::string_view (&prefixes)[N]) {
  return std::any_of(std::begin(prefixes), std::end(prefixes), [&](std::string_view p) {
    return line.starts_with(p);
  });
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::string_view (&words)[N]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// A word of one kind of sign: "==", "---", "###".
std::size_t run_of_signs(std::string_view s) {
  constexpr std::string_view k_signs = "=-#*>+~_";
  if (s.empty() || k_signs.find(s[0]) == npos)
    return 0;
  return std::min(s.find_first_not_of(s[0]), s.size());
}

std::string_view first_word(std::string_view s) {
  return s.substr(0, s.find_first_of(" \t"));
}

bool is_program(std::string_view command) {
  std::string_view word = first_word(command);
  if (!is_one_of(word, k_programs))
    return false;
  const std::string_view rest = trim(command.substr(word.size()));
  // "cilium is …" is prose; a command goes on with a lower-case word or a flag
  return !rest.empty() && (rest[0] == '-' || (rest[0] >= 'a' && rest[0] <= 'z')) &&
         !rest.starts_with("is ") && !rest.starts_with("and ") && !rest.starts_with("will ") &&
         first_word(rest).find(':') == npos;
}

// What stands before the sign of a prompt: nothing, "root@node:~", "[root@node ~]", "bash-5.1",
// "(node1) ", "PS C:\\>".
bool is_prompt_head(std::string_view head) {
  if (head.empty())
    return true;
  if (head.size() > 100 || head.find("   ") != npos || head.find("=>") != npos)
    return false;
  const bool one_word = head.find_first_of(" \t") == npos;
  return head.find('@') != npos || head.front() == '[' || head.front() == '(' ||
         head.starts_with("PS ") || (one_word && is_alnum(head.front()) && head.find('(') == npos);
}

// "root@node:~# cilium status", "$ kubectl exec …", "➜ ~ kubectl …". In `command` what was typed.
bool take_prompt(std::string_view s, std::string_view& head, std::string_view& command) {
  for (const std::string_view sign : k_prompt_signs) {
    if (s.starts_with(sign)) {
      command = trim(s.substr(sign.size()));
      return true;
    }
  }
  for (std::size_t at = s.find_first_of("$#%>"); at != npos && at <= 100;
       at = s.find_first_of("$#%>", at + 1)) {
    if (at + 1 < s.size() && s[at + 1] != ' ')
      continue;
    head = s.substr(0, at);
    command = trim(s.substr(at + 1));
    if (s[at] == '>' && at == 0)
      return is_program(command);  // else a quotation
    if (s[at] == '%' && at != 0 && head.find('@') == npos)
      return false;  // "50% of …"
    return is_prompt_head(head) && (at == 0 || s[at - 1] != ' ' || head.front() == '(' ||
                                    head.find('@') != npos || head.starts_with("PS "));
  }
  return false;
}

std::string_view pod_in(std::string_view command) {
  while (!command.empty()) {
    command = trim_left(command);
    const std::string_view word = first_word(command);
    if (const std::string_view pod = agent_pod(word); !pod.empty())
      return pod;
    command.remove_prefix(word.size());
  }
  return {};
}

// "root@kind-worker:/home/cilium": the node, as agents run in the host's network; a pod's prompt
// names the pod.
std::string_view host_of(std::string_view head) {
  const std::size_t at = head.find('@');
  if (at == npos)
    return {};
  const std::string_view host = head.substr(at + 1);
  return host.substr(0, host.find_first_of(": ]"));
}

bool is_command(std::string_view s, std::string_view& name) {
  std::string_view head;
  std::string_view command;
  if (s.starts_with("+ ") || s.starts_with("++ ")) {  // set -x
    name = pod_in(s);
    return true;
  }
  if (is_program(s)) {
    name = pod_in(s);
    return true;
  }
  if (!take_prompt(s, head, command))
    return false;
  name = pod_in(command);
  if (name.empty())
    name = host_of(head);
  return true;
}

// A word that may name a pod or a node.
bool is_name(std::string_view word) {
  return !word.empty() && word.size() <= 253 && is_alnum(word.front()) &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/"
                                "@") == npos;
}

std::string_view without_colon(std::string_view s) {
  return s.ends_with(':') ? trim_right(s.substr(0, s.size() - 1)) : s;
}

std::string_view name_in(std::string_view text) {
  const std::string_view pod = agent_pod(text);
  return !pod.empty() ? pod : is_name(text) ? text : std::string_view{};
}

// "== cilium-x7k2p ==", "--- worker-1", "### node: a", "[pod/cilium-x7k2p/cilium-agent]"
bool is_decorated_heading(std::string_view s, std::string_view& name) {
  const std::size_t before = run_of_signs(s);
  if (before < 2 || before == s.size())
    return false;
  std::string_view inside = trim(s.substr(before));
  const std::size_t after = inside.find_last_not_of("=-#*<>+~_ ");
  inside = without_colon(trim(inside.substr(0, after + 1)));
  if (inside.empty() || inside.find("   ") != npos)
    return false;
  name = name_in(inside);
  if (name.empty())  // "### node: a"
    name = name_in(trim(inside.substr(inside.find_last_of(" \t") + 1)));
  return true;
}

constexpr std::string_view k_what[] = {
    "node", "pod", "host", "agent", "on node", "on", "worker", "server", "cluster"};

std::string lower(std::string_view s) {
  std::string out(s);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return out;
}

// "Node: worker-1", "pod/cilium-x7k2p:", "On node worker-1:"
bool is_labelled_heading(std::string_view s, std::string_view& name) {
  s = without_colon(s);
  const std::size_t last = s.find_last_of(" /");
  if (last == npos || last == 0)
    return false;
  const std::string what = lower(without_colon(trim(s.substr(0, last))));
  const std::string_view rest = trim(s.substr(last + 1));
  if (!is_one_of(std::string_view(what), k_what) || !is_name(rest))
    return false;
  name = name_in(rest);
  return true;
}

// "Before:", "After the fix:", "After restart -"
bool is_before_or_after(std::string_view s) {
  if (s.size() > 60 || !(s.ends_with(':') || s.ends_with(" -") || s.find(' ') == npos))
    return false;
  const std::string start = lower(s.substr(0, 6));
  return start.starts_with("before") || start.starts_with("after");
}

bool is_heading(std::string_view s, std::string_view& name) {
  if (s.starts_with('[') && s.ends_with(']') && s.find('/') != npos) {
    std::string_view inside = s.substr(1, s.size() - 2);
    take(inside, "pod/");
    name = agent_pod(inside.substr(0, inside.find('/')));
    return !name.empty();
  }
  name = agent_pod(without_colon(s));
  return !name.empty() || is_decorated_heading(s, name) || is_labelled_heading(s, name) ||
         is_before_or_after(s);
}

}  // namespace

std::string_view agent_pod(std::string_view word) {
  word = word.substr(word.find_last_of('/') + 1);
  constexpr std::string_view k_pod = "cilium-";
  if (word.size() != k_pod.size() + 5 || !word.starts_with(k_pod))
    return {};
  // The API server's suffix of a pod's name: k8s.io/apimachinery pkg/util/rand leaves out vowels
  // and what looks like them; pseudonyms have any letter.
  const std::string_view suffix = word.substr(k_pod.size());
  const bool is_suffix = std::all_of(suffix.begin(), suffix.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c);
  });
  return is_suffix && suffix != "agent" && suffix != "envoy" && suffix != "proxy"
             ? word
             : std::string_view{};
}

bool is_elision(std::string_view text) {
  const std::string_view s = trim(text);
  if (s.empty() || s.size() > 80)
    return false;
  if (s == ":" || s == "..")
    return true;
  std::string plain;
  bool dots = false;
  bool bracketed = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s.substr(i).starts_with("\xe2\x80\xa6")) {  // …
      dots = true;
      i += 2;
    } else if (s.substr(i).starts_with("..")) {
      dots = true;
      ++i;
    } else if (std::string_view("[](){}<>-*#/.~_=").find(s[i]) != npos) {
      bracketed = true;
    } else {
      plain += s[i];
    }
  }
  plain = lower(trim(plain));
  if (plain.empty())
    return dots;
  const bool counted = is_digit(plain[0]) && plain.find("lines") != npos;
  return (dots || bracketed) && (counted || is_one_of(std::string_view(plain), k_left_out));
}

Aside aside_of(std::string_view line, std::string_view& name) {
  const std::string_view s = trim(line);
  name = {};
  if (s.empty())
    return Aside::none;
  if (s.starts_with("```") || s.starts_with("~~~"))
    return Aside::fence;
  if (const std::size_t run = run_of_signs(s); run == s.size() && run >= 2)
    return Aside::separator;
  if (starts_with_any(s, k_noise))
    return Aside::noise;
  if (is_elision(s) || s.starts_with("..."))
    return Aside::elision;
  if (is_heading(s, name))
    return Aside::heading;
  if (is_one_of(s, k_alone) || is_command(s, name))
    return Aside::command;
  // a bare prompt at the end of a transcript
  if ((s.ends_with('$') || s.ends_with('#')) && s.find('@') != npos && s.find("   ") == npos) {
    name = host_of(s);
    return Aside::command;
  }
  return Aside::none;
}

bool is_noise(std::string_view line) {
  std::string_view name;
  return aside_of(line, name) != Aside::none;
}

}  // namespace kpr::det
