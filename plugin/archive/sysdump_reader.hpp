// Evidence from a `cilium sysdump` or a `cilium-bugtool` archive: zip, tar, tar.gz or folder, with
// or without its top folder, of any version since 0.9.0. What a command printed is taken from the
// bugtool files, objects from k8s-*.yaml.
#pragma once
#include <string>
#include <vector>

#include "evidence/evidence.hpp"
#include "os/socket.hpp"
#include "util/result.hpp"

namespace kpr::archive {

// An archive or folder that holds one; or, when `path` is a text or a folder of texts, those (see
// text.hpp).
Result<evidence::Evidence> open_evidence(const std::string& path, os::Interrupt interrupt = {});

// What a bugtool file says: its text without the "> Error while running" line, which becomes exit
// code and err, and without Markdown fences.
evidence::Output bugtool_output(std::string text, std::string source);

// The name of bugtool's file for a command; of a command that bugtool does not run, a name that
// only we give and read.
std::string bugtool_file_of(std::string_view command);

}  // namespace kpr::archive
