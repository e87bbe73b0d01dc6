#include "checks/pull_causes.hpp"

#include <re2/re2.h>

#include <array>
#include <charconv>
#include <memory>
#include <vector>

#include "util/strings.hpp"

namespace kpr::checks {
namespace {

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

// One row: the cause, and what the text must hold. Evaluated from the top; the first match wins, so
// the order is part of the meaning: a platform error also says "not found", an unauthorized one
// often says "does not exist", a deadline often wraps a network error.
struct Row {
  std::string_view id;
  std::string_view reason;  // waiting reason that decides alone; empty for none
  const char* pattern;
};

constexpr std::array kRows{
    Row{"image-pull-invalid-name",
        "InvalidImageName",
        R"(invalid reference format|couldn't parse image (?:reference|name)|Failed to apply default image tag)"},
    Row{"image-pull-never", "ErrImageNeverPull", R"(is not present with pull policy of Never)"},
    Row{"image-pull-signature",
        "SignatureValidationFailed",
        R"(Source image rejected|signature validation failed|[Aa] signature was required, but no signature exists|invalid signature)"},
    Row{"image-pull-rate-limit",
        "",
        R"(429 Too Many Requests|toomanyrequests|\b429 \(Too Many Requests\)|pull rate limit)"},
    Row{"image-pull-unauthorized",
        "",
        R"(\b401 \(?Unauthorized|\b403 \(?Forbidden|pull access denied|insufficient_scope|(?:^|[\s:])unauthorized: |(?:^|[\s:])denied: |)"
        R"(requested access to the resource is denied|no basic auth credentials|invalid username/password|unauthorized to access repository)"},
    Row{"image-pull-platform",
        "",
        R"(no match for platform in manifest|no image found in (?:manifest list|image index) for architecture|no matching manifest for |)"
        R"(does not match the specified platform|no manifest found for platform)"},
    Row{"image-pull-not-found",
        "",
        R"(code = NotFound|manifest unknown|: not found(?:$|[\s:;,"\\])|name unknown|\b404 \(?Not Found|manifest for \S+ not found|)"
        R"(repository \S+ not found)"},
    Row{"image-pull-no-space", "", R"(no space left on device|[Dd]isk quota exceeded)"},
    Row{"image-pull-x509",
        "",
        R"(x509: |failed to verify certificate|certificate signed by unknown authority)"},
    Row{"image-pull-http-https",
        "",
        R"(server gave HTTP response to HTTPS client|first record does not look like a TLS handshake)"},
    Row{"image-pull-dns",
        "",
        R"(dial tcp: lookup |no such host|server misbehaving|read udp \S+:53: i/o timeout|[Tt]emporary failure in name resolution|)"
        R"(lookup \S+(?: on \S+)?: (?:Try again|i/o timeout|dial udp))"},
    Row{"image-pull-proxy",
        "",
        R"(proxyconnect|407 \(?Proxy Authentication Required|Proxy Authentication Required)"},
    Row{"image-pull-refused", "", R"(dial tcp \S+: (?:connect: )?connection refused)"},
    Row{"image-pull-net-timeout",
        "",
        R"(dial tcp \S+: i/o timeout|\bi/o timeout|Client\.Timeout exceeded|request canceled while waiting for connection|TLS handshake timeout|)"
        R"(connection reset by peer|no route to host|network is unreachable|connection timed out|unexpected EOF|": EOF$|http2: client connection lost)"},
    Row{"image-pull-cancelled-no-progress",
        "",
        R"(context canceled|code = Canceled|no progress in )"},
    Row{"image-pull-deadline",
        "",
        R"(context deadline exceeded|code = DeadlineExceeded|image-pull-progress-deadline)"},
    Row{"image-pull-unqualified",
        "",
        R"(short-name resolution enforced|no registries configured while trying to pull an unqualified image|short-name \S+ did not resolve to an alias)"},
};

struct CompiledRow {
  std::string_view id;
  std::string_view reason;
  std::unique_ptr<re2::RE2> pattern;
};

const std::vector<CompiledRow>& rows() {
  static const std::vector<CompiledRow> compiled = [] {
    std::vector<CompiledRow> out;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(4 << 20);
    for (const Row& row : kRows) {
      out.push_back(
          {row.id,
           row.reason,
           std::make_unique<re2::RE2>(std::string("(?s)(?:") + row.pattern + ")", options)});
    }
    return out;
  }();
  return compiled;
}

constexpr std::size_t kMaxText = 16 * 1024;

// Names of images and repositories may hold any word ("library/denied:401"). They stand in quotes
// without blanks, so those are emptied; quoted URLs go too: their words are no errors.
std::string without_quoted_names(std::string_view text) {
  static const re2::RE2 quoted(R"(\\*"[^"\s]*")");
  std::string out(text.substr(0, kMaxText));
  re2::RE2::GlobalReplace(&out, quoted, R"("")");
  return out;
}

void take_addresses(std::string_view text, PullError& error) {
  static const re2::RE2 dialled(R"(dial tcp (\[[0-9a-fA-F:.%]+\]:\d+|[^\s:\]]+:\d+):)");
  static const re2::RE2 looked_up(R"(lookup (\S+?) on (\[[0-9a-fA-F:.%]+\]:\d+|[^\s:]+:\d+):)");
  static const re2::RE2 looked_up_plain(R"(lookup ([A-Za-z0-9._-]+):)");
  const std::string_view cut = text.substr(0, kMaxText);
  re2::RE2::PartialMatch(piece(cut), dialled, &error.peer);
  if (!re2::RE2::PartialMatch(piece(cut), looked_up, &error.name, &error.resolver)) {
    re2::RE2::PartialMatch(piece(cut), looked_up_plain, &error.name);
  }
  error.via_proxy = cut.find("proxyconnect") != std::string_view::npos ||
                    cut.find("Proxy Authentication Required") != std::string_view::npos;
}

}  // namespace

std::string_view bare_pull_error(std::string_view text) {
  static const re2::RE2 wrappers(
      R"(^(?:\(combined from similar events\): |Failed to pull image \\?"[^"]*": |Back-off pulling image \\?"[^"]*": |ErrImagePull: |)"
      R"(image pull failed for \S+ because the registry is unavailable: |image pull failed for \S+ because the signature validation failed: |)"
      R"(rpc error: code = Unknown desc = ))");
  re2::StringPiece rest = piece(trim(text));
  while (re2::RE2::Consume(&rest, wrappers)) {
  }
  return {rest.data(), rest.size()};
}

bool carries_pull_error(std::string_view text) {
  const std::string_view bare = bare_pull_error(text);
  if (bare.empty() || bare == "Error: ErrImagePull" || bare == "Error: ImagePullBackOff" ||
      bare == "ErrImagePull" || bare == "ImagePullBackOff") {
    return false;
  }
  static const re2::RE2 announcement(R"(Back-off pulling image \\?"[^"]*\\?"?)");
  return !re2::RE2::FullMatch(piece(bare), announcement);
}

PullError classify_pull_error(std::string_view reason, std::string_view text) {
  PullError error;
  take_addresses(text, error);
  const std::string plain = without_quoted_names(text);
  for (const CompiledRow& row : rows()) {
    if ((!row.reason.empty() && row.reason == reason) ||
        re2::RE2::PartialMatch(plain, *row.pattern)) {
      error.id = row.id;
      return error;
    }
  }
  error.id = "image-pull-unknown";
  return error;
}

SandboxPull classify_sandbox_pull(std::string_view text) {
  static const re2::RE2 containerd(R"(failed to get sandbox image \\?"([^"\\]*)\\?")");
  static const re2::RE2 docker(R"(failed pulling image \\?"([^"\\]*)\\?")");
  static const re2::RE2 crio(
      R"((?:initializing source|creating pod sandbox[^:]*: pinging|[Pp]ulling pause image)\s*(?:docker://)?([^\s:]+(?::[^\s:]+)?)?)");
  SandboxPull out;
  const std::string cut(text.substr(0, kMaxText));
  out.found = re2::RE2::PartialMatch(cut, containerd, &out.image) ||
              re2::RE2::PartialMatch(cut, docker, &out.image) ||
              re2::RE2::PartialMatch(cut, crio, &out.image) ||
              cut.find("failed to get sandbox image") != std::string::npos;
  if (out.found)
    out.cause = classify_pull_error({}, text);
  return out;
}

ImageReference parse_image_reference(std::string_view image) {
  ImageReference out;
  for (const std::string_view scheme : {std::string_view("docker://"),
                                        std::string_view("https://"),
                                        std::string_view("http://"),
                                        std::string_view("docker-pullable://")}) {
    if (image.substr(0, scheme.size()) == scheme)
      image.remove_prefix(scheme.size());
  }
  if (const auto at = image.find('@'); at != std::string_view::npos) {
    out.digest = std::string(image.substr(at + 1));
    image = image.substr(0, at);
  }
  // The part before the first slash is a registry when it looks like a host: has a dot, a colon, or
  // is localhost.
  std::string_view rest = image;
  const auto slash = image.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view first = image.substr(0, slash);
    if (first == "localhost" || first.find_first_of(".:") != std::string_view::npos) {
      out.registry = std::string(first);
      rest = image.substr(slash + 1);
    }
  }
  if (const auto colon = rest.rfind(':');
      colon != std::string_view::npos && rest.find('/', colon) == std::string_view::npos) {
    out.tag = std::string(rest.substr(colon + 1));
    rest = rest.substr(0, colon);
  }
  if (out.tag.empty() && out.digest.empty())
    out.tag = "latest";
  if (out.registry.empty() || out.registry == "index.docker.io")
    out.registry = "docker.io";
  out.repository = std::string(rest);
  if (out.registry == "docker.io" && !out.repository.empty() &&
      out.repository.find('/') == std::string::npos) {
    out.repository.insert(0, "library/");
  }
  std::string_view host = out.registry;
  std::string_view port;
  if (!host.empty() && host.front() == '[') {
    const auto close = host.find(']');
    if (close != std::string_view::npos) {
      port = host.substr(close + 1);
      host = host.substr(1, close - 1);
    }
  } else if (const auto colon = host.rfind(':'); colon != std::string_view::npos) {
    port = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (port.size() > 1)
    std::from_chars(port.data() + 1, port.data() + port.size(), out.port);
  out.host = std::string(host);
  return out;
}

}  // namespace kpr::checks
