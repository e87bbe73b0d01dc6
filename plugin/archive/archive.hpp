// zip, tar, tar.gz and folders as one sequence of named files. Nothing is written to disk; sizes,
// counts and names are bounded.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "os/socket.hpp"
#include "util/limits.hpp"
#include "util/result.hpp"

namespace kpr::archive {

struct ArchiveLimits {
  std::size_t entries = limits::archive_entries;
  std::size_t entry_bytes = limits::archive_file;
  std::size_t total_bytes = limits::archive_bytes;      // of what is wanted
  std::size_t skipped_bytes = limits::archive_skipped;  // of what is not, and unpacked all the same
  std::size_t ratio = limits::archive_ratio;  // unpacked to packed, once 64 MiB are unpacked
  os::Interrupt interrupt = {};               // ends the reading: an Error (cancelled)
};

// Calls `take` with each wanted regular file, in the archive's order. A name with "..", an absolute
// name and an archive over a limit are Errors that name the archive. What was taken before a
// damaged place stays taken; `damaged` then says what happened.
struct ArchiveResult {
  std::size_t entries = 0;
  std::string damaged;
  std::vector<std::pair<std::string, std::string>> unreadable = {};  // of a folder: name, why
};
Result<ArchiveResult>
read_archive(const std::string& path,
             const std::function<bool(std::string_view name)>& wanted,
             const std::function<void(std::string name, std::string content)>& take,
             const ArchiveLimits& limits = {});

// Files that are worth reading in pieces, so that none of them is in memory as a whole: where
// `open` gives a function for a name, that one gets the pieces and last `end`, instead of `take`.
struct Pieces {
  std::function<void(std::string_view piece)> feed;
  std::function<void(const std::string& problem)> end;  // why it could not be read, or nothing
};
Result<ArchiveResult>
read_archive(const std::string& path,
             const std::function<bool(std::string_view name)>& wanted,
             const std::function<void(std::string name, std::string content)>& take,
             const std::function<Pieces(const std::string& name)>& open,
             const ArchiveLimits& limits);

}  // namespace kpr::archive
