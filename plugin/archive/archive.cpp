#include "archive/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "os/files.hpp"
#include "os/input.hpp"
#include "util/strings.hpp"

namespace kpr::archive {
namespace {

namespace fs = std::filesystem;

Error refused(const std::string& path, std::string what) {
  return Error{ErrorKind::too_large,
               fmt::format("{} was not read: {}", path, what),
               "A cilium sysdump does not look like this; make a new one."};
}

Error interrupted() {
  return Error{ErrorKind::cancelled, "interrupted", ""};
}

std::string cannot_read(const fs::path& path, std::error_code why) {
  return fmt::format("cannot read {}: {}", os::text_of(path), why.message());
}

// The file behind libarchive, which asks for pieces of it.
struct Source {
  os::Input in;
  std::vector<char> buffer = std::vector<char>(1 << 16);

  static la_ssize_t read(::archive* reader, void* self, const void** to) {
    auto& source = *static_cast<Source*>(self);
    *to = source.buffer.data();
    const long got = source.in.read(source.buffer.data(), source.buffer.size());
    if (got < 0)
      archive_set_error(
          reader, source.in.error().value(), "%s", source.in.error().message().c_str());
    return got;
  }
  static la_int64_t seek(::archive*, void* self, la_int64_t offset, int whence) {
    const std::int64_t place = static_cast<Source*>(self)->in.seek(offset, whence);
    return place < 0 ? ARCHIVE_FATAL : place;
  }
  static la_int64_t skip(::archive*, void* self, la_int64_t n) {
    os::Input& in = static_cast<Source*>(self)->in;
    const std::int64_t from = in.seek(0, SEEK_CUR), end = in.seek(0, SEEK_END);
    const std::int64_t to = std::min(from + n, end);
    in.seek(to, SEEK_SET);
    return to - from;
  }
};

bool bad_name(std::string_view name) {
  if (name.starts_with("/") || name.starts_with("\\") || (name.size() > 1 && name[1] == ':'))
    return true;
  for (const std::string_view part : split(name, '/')) {
    if (part == "..")
      return true;
  }
  return false;
}

Result<ArchiveResult> read_folder(const std::string& path,
                                  const std::function<bool(std::string_view)>& wanted,
                                  const std::function<void(std::string, std::string)>& take,
                                  const std::function<Pieces(const std::string&)>& open,
                                  const ArchiveLimits& limits) {
  ArchiveResult result;
  std::error_code error;
  std::vector<std::string> names;
  const auto name_in = [&path](const fs::path& file) {
    return os::text_of(file.lexically_relative(path).generic_u8string());
  };
  fs::recursive_directory_iterator it(path, fs::directory_options::skip_permission_denied, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (++result.entries > limits.entries)
      return refused(path, fmt::format("it holds more than {} files", limits.entries));
    if (limits.interrupt.raised())
      return interrupted();
    if (it.depth() > 16)
      it.disable_recursion_pending();
    std::error_code why;
    const fs::file_status status = it->symlink_status(why);
    if (fs::is_directory(status) && (fs::directory_iterator(it->path(), why), why))
      result.unreadable.emplace_back(name_in(it->path()), cannot_read(it->path(), why));
    if (fs::is_regular_file(status))  // no links out of the folder
      names.push_back(name_in(it->path()));
  }
  if (error)
    return Error{
        ErrorKind::input, fmt::format("cannot read the folder {}: {}", path, error.message()), ""};
  std::sort(names.begin(), names.end());
  std::size_t total = 0;
  std::vector<char> buffer(1 << 16);
  for (std::string& name : names) {
    if (!wanted(name))
      continue;
    const fs::path file = fs::path(path) / name;
    const Pieces pieces = open(name);
    std::string content;
    std::size_t size = 0;
    os::Input in(os::text_of(file), limits.interrupt);
    for (long got = 0; (got = in.read(buffer.data(), buffer.size())) > 0;) {
      const std::string_view piece(buffer.data(), static_cast<std::size_t>(got));
      size += piece.size();
      total += piece.size();
      if (size > limits.entry_bytes)
        return refused(path,
                       fmt::format("{} inside it is larger than {} MiB",
                                   escape_terminal(name),
                                   limits.entry_bytes >> 20));
      if (total > limits.total_bytes)
        return refused(path, fmt::format("it holds more than {} MiB", limits.total_bytes >> 20));
      if (pieces.feed)
        pieces.feed(piece);
      else
        content += piece;
    }
    if (in.error() == std::errc::interrupted)
      return interrupted();
    const std::string problem = in.error() ? cannot_read(file, in.error()) : "";
    if (!problem.empty())
      result.unreadable.emplace_back(name, problem);
    if (pieces.feed)
      pieces.end(problem);
    else if (problem.empty())
      take(std::move(name), std::move(content));
  }
  return result;
}

}  // namespace

Result<ArchiveResult> read_archive(const std::string& path,
                                   const std::function<bool(std::string_view)>& wanted,
                                   const std::function<void(std::string, std::string)>& take,
                                   const ArchiveLimits& limits) {
  return read_archive(
      path,
      wanted,
      take,
      [](const std::string&) {
        return Pieces{};
      },
      limits);
}

Result<ArchiveResult> read_archive(const std::string& path,
                                   const std::function<bool(std::string_view)>& wanted,
                                   const std::function<void(std::string, std::string)>& take,
                                   const std::function<Pieces(const std::string&)>& open,
                                   const ArchiveLimits& limits) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return read_folder(path, wanted, take, open, limits);
  if (!fs::exists(path, error))
    return Error{ErrorKind::not_found, fmt::format("the path \"{}\" does not exist", path), ""};
  if (!fs::is_regular_file(path, error))
    return Error{ErrorKind::input, fmt::format("{} is neither a file nor a folder", path), ""};
  const std::uintmax_t packed = std::max<std::uintmax_t>(fs::file_size(path, error), 1);

  Source source{os::Input(path, limits.interrupt)};
  if (source.in.error())
    return Error{ErrorKind::input, cannot_read(path, source.in.error()), ""};
  const std::unique_ptr<::archive, int (*)(::archive*)> reader(archive_read_new(),
                                                               archive_read_free);
  archive_read_support_format_zip(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_gnutar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_set_seek_callback(reader.get(), Source::seek);
  if (archive_read_open2(reader.get(), &source, nullptr, Source::read, Source::skip, nullptr) !=
      ARCHIVE_OK) {
    if (limits.interrupt.raised())
      return interrupted();
    return Error{ErrorKind::input,
                 fmt::format("{} is not a zip, tar or tar.gz archive", path),
                 "Name a cilium sysdump, a cilium-bugtool archive, or a folder with one of them."};
  }
  ArchiveResult result;
  std::size_t total = 0, skipped = 0;
  std::vector<char> buffer(1 << 16);
  archive_entry* entry = nullptr;
  const auto too_dense = [&](std::size_t unpacked) {
    return unpacked > (64u << 20) && unpacked / packed > limits.ratio;
  };
  for (;;) {
    const int code = archive_read_next_header(reader.get(), &entry);
    if (code == ARCHIVE_EOF)
      break;
    if (limits.interrupt.raised())
      return interrupted();
    if (code < ARCHIVE_WARN) {
      const char* why = archive_error_string(reader.get());
      result.damaged =
          fmt::format("{} is damaged: {}", path, why == nullptr ? "unknown error" : why);
      break;
    }
    if (++result.entries > limits.entries)
      return refused(path, fmt::format("it holds more than {} files", limits.entries));
    // Around a tar: what nobody wants of it is unpacked to get past it.
    const bool compressed = archive_filter_code(reader.get(), 0) != ARCHIVE_FILTER_NONE;
    const char* raw = archive_entry_pathname_utf8(entry);
    if (raw == nullptr)
      raw = archive_entry_pathname(entry);
    std::string name = raw == nullptr ? "" : raw;
    if (bad_name(name))
      return refused(path,
                     fmt::format("the name \"{}\" inside it leads out of it",
                                 escape_terminal(name.substr(0, 200))));
    while (name.starts_with("./"))
      name.erase(0, 2);
    if (archive_entry_filetype(entry) != AE_IFREG || !wanted(name)) {
      if (!compressed)
        continue;  // the file's own place is left where it is
      skipped += static_cast<std::size_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
      if (skipped > limits.skipped_bytes)
        return refused(path,
                       fmt::format("it unpacks to more than {} MiB", limits.skipped_bytes >> 20));
      if (too_dense(total + skipped))
        return refused(path,
                       fmt::format("it unpacks to more than {} times its size", limits.ratio));
      continue;
    }
    std::string content;
    const Pieces pieces = open(name);
    std::size_t size = 0;
    for (;;) {
      const la_ssize_t got = archive_read_data(reader.get(), buffer.data(), buffer.size());
      if (got == 0)
        break;
      if (limits.interrupt.raised())
        return interrupted();
      if (got < 0) {
        const char* why = archive_error_string(reader.get());
        result.damaged = fmt::format(
            "{}: {} is damaged: {}", path, name, why == nullptr ? "unknown error" : why);
        break;
      }
      if (pieces.feed)
        pieces.feed({buffer.data(), static_cast<std::size_t>(got)});
      else
        content.append(buffer.data(), static_cast<std::size_t>(got));
      total += static_cast<std::size_t>(got);
      size += static_cast<std::size_t>(got);
      if (size > limits.entry_bytes)
        return refused(path,
                       fmt::format("{} inside it is larger than {} MiB",
                                   escape_terminal(name),
                                   limits.entry_bytes >> 20));
      if (total > limits.total_bytes)
        return refused(path,
                       fmt::format("it unpacks to more than {} MiB", limits.total_bytes >> 20));
      if (too_dense(total + skipped))
        return refused(path,
                       fmt::format("it unpacks to more than {} times its size", limits.ratio));
    }
    if (pieces.feed)
      pieces.end({});
    else
      take(std::move(name), std::move(content));
  }
  if (result.entries == 0 && !result.damaged.empty()) {
    return Error{ErrorKind::input,
                 fmt::format("{} is not a zip, tar or tar.gz archive", path),
                 "Name a cilium sysdump, a cilium-bugtool archive, or a folder with one of them."};
  }
  return result;
}

}  // namespace kpr::archive
