// Why an image could not be pulled, from the words of the container runtime. Pure text: knows
// containerd's, CRI-O's and docker's (cri-dockerd's) wordings, and the kubelet's waiting reasons;
// knows neither pods nor events.
#pragma once
#include <string>
#include <string_view>

namespace kpr::checks {

// What an error text says. `id` is one of the catalogue's image-pull-… ids and points into static
// storage.
struct PullError {
  std::string_view id;
  std::string peer;        // host:port that was dialled, when the text names it ("1.2.3.4:443")
  std::string resolver;    // host:port of the DNS server that was asked
  std::string name;        // name that could not be resolved
  bool via_proxy = false;  // the text is about the HTTP proxy, not about the registry
};

// Classifies one error: `reason` is the waiting reason of the container (ErrImagePull,
// InvalidImageName, …; may be empty), `text` the message of the Failed event or of the waiting
// state. Never fails: what fits nothing is image-pull-unknown.
PullError classify_pull_error(std::string_view reason, std::string_view text);

// True for a text that carries an error of a pull, and not only the announcement of one ("Error:
// ErrImagePull", "Back-off pulling image …").
bool carries_pull_error(std::string_view text);

// The text without what the kubelet puts around it: `(combined from similar events): `, `Failed to
// pull image "x": `, `Back-off pulling image "x": ErrImagePull: `, `rpc error: code = Unknown desc
// = `.
std::string_view bare_pull_error(std::string_view text);

// Why a sandbox could not be made because of its own image (pause), else an empty id. Sets `image`
// when the text names it.
struct SandboxPull {
  bool found = false;
  std::string image;
  PullError cause;
};
SandboxPull classify_sandbox_pull(std::string_view text);

// Parts of an image reference as the runtimes read them. "nginx" is docker.io / library/nginx /
// latest.
struct ImageReference {
  std::string registry;    // "docker.io", "localhost:30500", "[fd00::1]:5000"
  std::string host;        // the registry without its port and brackets
  int port = 0;            // 0 when none is named
  std::string repository;  // "library/nginx"
  std::string tag;  // "latest" when neither tag nor digest is named; empty with a digest only
  std::string digest;
};
ImageReference parse_image_reference(std::string_view image);

}  // namespace kpr::checks
