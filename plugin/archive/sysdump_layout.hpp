// How the files of a `cilium sysdump`, of a bugtool archive and of our own archives are called.
// Inside this room only.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace kpr::archive {

// The command a bugtool file is of; empty when it is of none in use. `name` is the path's last
// part.
std::string command_of(std::string_view name);

// "…-20261124-120000" taken off; sysdump names end in it, people's copies may not.
std::string without_stamp(std::string_view name);

// The resource a top-level file holds; empty when it is of none.
std::string resource_of(std::string_view name);

std::string_view base_name(std::string_view path);

// "…/cilium-bugtool-<pod>-<stamp>/cmd/x.md" → pod; "" where the archive is a bugtool's own (its
// folder has no pod's name).
std::optional<std::string> bugtool_pod(std::string_view path);

}  // namespace kpr::archive
