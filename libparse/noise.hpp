// Lines that stand around an agent's output: what kubectl, shells, logs and writers put there.
#pragma once
#include <string_view>

namespace kpr::det {

enum class Aside : unsigned char {
  none,       // no such line; it may be the agent's
  noise,      // kubectl's and the CLI's own words, streams of a test's log
  command,    // a shell's prompt with its command, or a command alone
  heading,    // names what follows: "== cilium-x7k2p ==", "Node: worker-1", "After:"
  fence,      // ``` of Markdown
  separator,  // "---", grep's "--"
  elision     // "[...]", "(snip)": a writer left lines out
};

// What the line is, and the name of a pod or node that it tells.
Aside aside_of(std::string_view line, std::string_view& name);

// All of the above: never part of a message, never a row.
bool is_noise(std::string_view line);

// "[...]", "…", "(snip)" and their kin.
bool is_elision(std::string_view text);

// "cilium-x7k2p", "kube-system/cilium-x7k2p", "pod/cilium-x7k2p": a pod of Cilium's agent; the
// name without what stands before it, or nothing.
std::string_view agent_pod(std::string_view word);

}  // namespace kpr::det
