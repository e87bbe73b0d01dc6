// `kubectl kpr collect`: what of the evidence is there, and what is missing, before it is written.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "report/report.hpp"

namespace kpr::commands {

struct Collected {
  std::string inspected;             // "8/8 agents, 11 lists of objects"
  std::vector<std::string> missing;  // one line each, the same reason of many agents joined:
                                     // "sysctl of 8 agents: no such file: …"
  report::Outcome outcome = report::Outcome::ok;  // incomplete where a doctor of the archive would
                                                  // know less than one with all rights
};

Collected collected(const evidence::Evidence& evidence);

// "812 bytes", "1.4 MiB".
std::string size_text(std::size_t bytes);

}  // namespace kpr::commands
