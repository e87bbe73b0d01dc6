// The probe: one POSIX sh script that runs read-only commands in an agent's container and frames
// what each of them said, and the strict reader of those frames. A connection that is cut can still
// end with "Success": only the end frame proves that an answer is whole. What several commands say
// on stderr is framed with the rest; one command's stderr is that of the exec.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/evidence.hpp"

namespace kpr::live {

struct Probe {
  std::string boundary;               // random: no output can hold it by chance or know it
  std::vector<std::string> commands;  // names of commands.hpp, in the order of their frames
  // The agent's shell cuts each output at what it may say: one that says too much then costs its
  // own answer only. It takes a process more for each command, so a first try goes without, and an
  // answer that is too large as a whole is asked for again like this.
  bool cuts = false;
};

Probe make_probe(const std::vector<std::string>& commands);
std::string probe_script(const Probe& probe);
std::vector<std::string> probe_argv(const Probe& probe);  // sh -c SCRIPT
std::size_t probe_limit(const Probe& probe);  // bytes that a whole answer can have at most

// Without sh: the argv of one command. `binary` takes the place of cilium-dbg.
std::vector<std::string> command_argv(std::string_view name, std::string_view binary);

struct ProbeAnswer {
  bool whole = false;
  std::string binary;  // cilium-dbg or cilium
  std::map<evidence::CommandName, evidence::Piece<evidence::Output>>
      outputs;         // one for each command of the probe
  std::string broken;  // why it is not whole
};

// `source` is what the outputs say they are from; {} in it stands for the command's argv. The text
// of a probe of one command, as status has, stays in the buffer that it came in.
ProbeAnswer
decode_probe(const Probe& probe, std::string out, std::string_view err, std::string_view source);

// "FIRST LINE\nN\n" of a text of N lines; empty for an empty one.
std::string count_lines(std::string_view text);

// A command's output with what its exit code means: cut, timed out, unknown to this version.
evidence::Piece<evidence::Output> judge_output(std::string_view command, evidence::Output output);

}  // namespace kpr::live
