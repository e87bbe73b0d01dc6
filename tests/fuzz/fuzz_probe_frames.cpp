// Any bytes as the answer of a probe, its boundary known to the attacker: what is called whole has
// every frame, in order, with its end. The first byte says where stderr begins.
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/commands.hpp"
#include "live/probe.hpp"
#include "targets.hpp"
#include "util/gzip.hpp"

namespace {

void check(const kpr::live::Probe& probe, std::string_view out, std::string_view err) {
  const auto answer = kpr::live::decode_probe(probe, std::string(out), err, "pod {}");
  if (answer.outputs.size() != probe.commands.size() || answer.whole != answer.broken.empty())
    std::abort();
  if (!answer.whole) {
    for (const auto& [name, piece] : answer.outputs)
      if (piece || piece.missing().reason != kpr::evidence::Reason::incomplete)
        std::abort();
    return;
  }
  const std::string plain = kpr::is_gzip(out)
                                ? kpr::gunzip(out, kpr::live::probe_limit(probe)).value()
                                : std::string(out);
  std::size_t at = 0;
  const auto passes = [&](const std::string& mark) {
    at = plain.find(mark, at);
    if (at == std::string::npos)
      std::abort();
    ++at;
  };
  passes("\nkprb B cilium");
  for (const auto& name : probe.commands) {
    passes("\nkprb O " + name + "\n");
    passes("\nkprb X " + name + " ");
    // Counted: a line and a number, or nothing.
    const auto& output = answer.outputs.at(name);
    if (!output || !kpr::evidence::find_command(name)->counted || output->out.empty())
      continue;
    const std::size_t line = output->out.find('\n');
    if (line == std::string::npos || line + 2 > output->out.size() ||
        output->out.find_first_not_of("0123456789", line + 1) + 1 != output->out.size())
      std::abort();
  }
  if (probe.commands.size() > 1)
    passes("\nkprb E\n");
  passes("\nkprb END\n");
}

}  // namespace

int fuzz_one(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = text.size() - text.size() * data[0] / 255;
  for (const std::vector<std::string>& commands :
       {std::vector<std::string>{"status-verbose", "version"},
        {"status-verbose"},
        {"bpf-lb-count", "version"}})
    check({"kprb", commands, false}, text.substr(0, cut), text.substr(cut));
  return 0;
}
