// Each cause in the words of each runtime that has some, and texts that look like another cause.
#define BOOST_TEST_MODULE pull_causes
#include "checks/pull_causes.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <vector>

using kpr::checks::bare_pull_error;
using kpr::checks::carries_pull_error;
using kpr::checks::classify_pull_error;
using kpr::checks::classify_sandbox_pull;
using kpr::checks::parse_image_reference;

namespace {

struct Case {
  const char* id;
  const char* reason;
  const char* text;
};

const std::
    vector<Case>
        kCases{
            // the kubelet's own
            {"image-pull-invalid-name", "InvalidImageName", ""},
            {"image-pull-invalid-name",
             "InspectFailed",
             R"(Failed to apply default image tag "Shop/Web:1": couldn't parse image reference "Shop/Web:1": invalid reference format: repository name (library/Shop/Web) must be lowercase)"},
            {"image-pull-never",
             "ErrImageNeverPull",
             R"(Container image "web:dev" is not present with pull policy of Never)"},
            {"image-pull-never",
             "",
             R"(Container image "web:dev" is not present with pull policy of Never)"},
            {"image-pull-signature", "SignatureValidationFailed", ""},
            {"image-pull-signature",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = Source image rejected: A signature was required, but no signature exists)"},
            // rate limit
            {"image-pull-rate-limit",
             "ErrImagePull",
             R"(failed to pull and unpack image "docker.io/library/redis:7": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/redis/manifests/sha256:00: 429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.)"},
            {"image-pull-rate-limit",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = reading manifest 7 in docker.io/library/redis: toomanyrequests: You have reached your unauthenticated pull rate limit.)"},
            {"image-pull-rate-limit",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = Error response from daemon: toomanyrequests: Rate exceeded)"},
            {"image-pull-rate-limit",
             "ErrImagePull",
             R"(failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.docker.io/token?scope=x: 429 Too Many Requests)"},
            // unauthorized
            {"image-pull-unauthorized",
             "ErrImagePull",
             R"(failed to resolve reference "r.corp/a/b:1": failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized)"},
            {"image-pull-unauthorized",
             "ErrImagePull",
             R"(failed to resolve reference "r.corp/a/b:1": unexpected status from HEAD request to https://r.corp/v2/a/b/manifests/1: 403 Forbidden)"},
            {"image-pull-unauthorized",
             "ErrImagePull",
             R"(failed to resolve reference "docker.io/acme/priv:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed)"},
            {"image-pull-unauthorized",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = reading manifest 1 in quay.io/acme/priv: unauthorized: access to the requested resource is not authorized)"},
            {"image-pull-unauthorized",
             "ErrImagePull",
             R"(initializing source docker://r.corp/a/b:1: Requesting bearer token: invalid status code from registry 403 (Forbidden))"},
            {"image-pull-unauthorized",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = Error response from daemon: pull access denied for acme/priv, repository does not exist or may require 'docker login': denied: requested access to the resource is denied)"},
            {"image-pull-unauthorized",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = Error response from daemon: Get https://1.dkr.ecr.example/v2/x/manifests/1: no basic auth credentials)"},
            // platform, although each also says that something is not found
            {"image-pull-platform",
             "ErrImagePull",
             R"(rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/acme/x86:1": no match for platform in manifest: not found)"},
            {"image-pull-platform",
             "ErrImagePull",
             R"(choosing image instance: no image found in manifest list for architecture "arm64", variant "v8", OS "linux")"},
            {"image-pull-platform",
             "ErrImagePull",
             R"(choosing image instance: no image found in image index for architecture arm64, variant "v8", OS linux)"},
            {"image-pull-platform",
             "ErrImagePull",
             R"(Error response from daemon: no matching manifest for linux/arm64/v8 in the manifest list entries)"},
            // not found
            {"image-pull-not-found",
             "ErrImagePull",
             R"(rpc error: code = NotFound desc = failed to pull and unpack image "ghcr.io/a/b:v9": failed to resolve reference "ghcr.io/a/b:v9": ghcr.io/a/b:v9: not found)"},
            {"image-pull-not-found",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = reading manifest latest in docker.io/library/nope: manifest unknown)"},
            {"image-pull-not-found",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = Error response from daemon: manifest for a/b:v9 not found: manifest unknown: manifest unknown)"},
            {"image-pull-not-found", "ErrImagePull", R"(name unknown: repository a/b not found)"},
            // no space
            {"image-pull-no-space",
             "ErrImagePull",
             R"(failed to extract layer sha256:00: write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/9/fs/usr/lib/x.so: no space left on device: unknown)"},
            {"image-pull-no-space",
             "ErrImagePull",
             R"(writing blob: storing blob to file "/var/tmp/storage1/1": write /var/tmp/storage1/1: no space left on device)"},
            // TLS
            {"image-pull-x509",
             "ErrImagePull",
             R"(failed to do request: Head "https://r.corp/v2/a/manifests/1": tls: failed to verify certificate: x509: certificate signed by unknown authority)"},
            {"image-pull-x509",
             "ErrImagePull",
             R"(pinging container registry r.corp: Get "https://r.corp/v2/": x509: certificate is valid for proxy.corp, not r.corp)"},
            {"image-pull-x509", "ErrImagePull", R"(Error response from daemon: Get "https://r.corp/v2/": x509: certificate has expired or is not yet valid: current time 2020-01-01T00:00:00Z is before 2025-01-01T00:00:00Z)"},
            {"image-pull-http-https",
             "ErrImagePull",
             R"(failed to do request: Head "https://10.0.0.5:5000/v2/a/manifests/1": http: server gave HTTP response to HTTPS client)"},
            // names
            {"image-pull-dns",
             "ErrImagePull",
             R"(failed to do request: Head "https://registry-1.docker.io/v2/library/nginx/manifests/1": dial tcp: lookup registry-1.docker.io on 10.0.2.3:53: no such host)"},
            {"image-pull-dns",
             "ErrImagePull",
             R"(pinging container registry quay.io: Get "https://quay.io/v2/": dial tcp: lookup quay.io on 10.96.0.10:53: read udp 10.0.0.4:40000->10.96.0.10:53: i/o timeout)"},
            {"image-pull-dns",
             "ErrImagePull",
             R"(Error response from daemon: Get "https://quay.io/v2/": dial tcp: lookup quay.io on 127.0.0.53:53: server misbehaving)"},
            {"image-pull-dns",
             "ErrImagePull",
             R"(dial tcp: lookup quay.io: Temporary failure in name resolution)"},
            {"image-pull-dns",
             "ErrImagePull",
             R"(failed to authorize: failed to fetch anonymous token: Get "https://auth.docker.io/token?scope=x": dial tcp: lookup auth.docker.io: no such host)"},
            // proxy
            {"image-pull-proxy",
             "ErrImagePull",
             R"(failed to do request: Head "https://quay.io/v2/a/manifests/1": proxyconnect tcp: dial tcp 10.1.1.1:3128: connect: connection refused)"},
            {"image-pull-proxy",
             "ErrImagePull",
             R"(failed to do request: Head "https://quay.io/v2/a/manifests/1": Proxy Authentication Required)"},
            // network
            {"image-pull-refused",
             "ErrImagePull",
             R"(failed to do request: Head "https://10.96.5.5:5000/v2/a/manifests/1": dial tcp 10.96.5.5:5000: connect: connection refused)"},
            {"image-pull-refused",
             "ErrImagePull",
             R"(pinging docker registry returned: Get http://localhost:30500/v2/: dial tcp [::1]:30500: connect: connection refused)"},
            {"image-pull-net-timeout",
             "ErrImagePull",
             R"(rpc error: code = DeadlineExceeded desc = failed to resolve reference "registry.k8s.io/a:1": failed to do request: Head "https://registry.k8s.io/v2/a/manifests/1": dial tcp 74.125.203.82:443: i/o timeout)"},
            {"image-pull-net-timeout",
             "ErrImagePull",
             R"(pinging container registry registry-1.docker.io: Get "https://registry-1.docker.io/v2/": dial tcp 1.2.3.4:443: i/o timeout)"},
            {"image-pull-net-timeout",
             "ErrImagePull",
             R"(Error response from daemon: Get https://registry-1.docker.io/v2/: net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers))"},
            {"image-pull-net-timeout",
             "ErrImagePull",
             R"(Error response from daemon: Get "https://registry-1.docker.io/v2/": context deadline exceeded (Client.Timeout exceeded while awaiting headers))"},
            {"image-pull-net-timeout",
             "ErrImagePull",
             R"(Get "https://quay.io/v2/": net/http: TLS handshake timeout)"},
            {"image-pull-net-timeout",
             "ErrImagePull",
             R"(failed to copy: read tcp 10.0.0.4:4000->1.2.3.4:443: read: connection reset by peer)"},
            {"image-pull-net-timeout",
             "ErrImagePull",
             R"(dial tcp 1.2.3.4:443: connect: no route to host)"},
            // given up
            {"image-pull-cancelled-no-progress",
             "ErrImagePull",
             R"(rpc error: code = Canceled desc = failed to pull and unpack image "docker.io/a/b:1": context canceled)"},
            {"image-pull-deadline",
             "ErrImagePull",
             R"(rpc error: code = DeadlineExceeded desc = context deadline exceeded)"},
            {"image-pull-unqualified",
             "ErrImagePull",
             R"(rpc error: code = Unknown desc = short-name resolution enforced but cannot prompt without a TTY)"},
            {"image-pull-unqualified",
             "ImageInspectError",
             R"(Failed to inspect image "nginx": rpc error: code = Unknown desc = no registries configured while trying to pull an unqualified image)"},
            // the rest
            {"image-pull-unknown",
             "ErrImagePull",
             R"(rpc error: code = Internal desc = failed to prepare extraction snapshot "x": parent snapshot does not exist)"},
            {"image-pull-unknown", "ErrImagePull", ""},
        };

}  // namespace

BOOST_AUTO_TEST_CASE(each_wording_has_its_cause) {
  for (const Case& c : kCases)
    BOOST_TEST(classify_pull_error(c.reason, c.text).id == c.id,
               c.text << " is " << classify_pull_error(c.reason, c.text).id << ", not " << c.id);
}

BOOST_AUTO_TEST_CASE(words_in_names_of_images_decide_nothing) {
  BOOST_TEST(
      classify_pull_error(
          "ErrImagePull",
          R"(failed to pull and unpack image "r.corp/denied:x509": connection reset by peer)")
          .id == "image-pull-net-timeout");
  BOOST_TEST(
      classify_pull_error(
          "ErrImagePull",
          R"(failed to do request: Head "https://r.corp/v2/manifest-unknown:401/manifests/1": EOF)")
          .id == "image-pull-net-timeout");
}

BOOST_AUTO_TEST_CASE(near_misses_are_not_taken_for_a_cause) {
  // A helper program that is missing is no missing image, an unreachable token server is no missing
  // right.
  BOOST_TEST(classify_pull_error(
                 "ErrImagePull",
                 R"(exec: "docker-credential-ecr-login": executable file not found in $PATH)")
                 .id == "image-pull-unknown");
  BOOST_TEST(
      classify_pull_error(
          "ErrImagePull",
          R"(failed to authorize: failed to fetch oauth token: Post "https://r.corp/token": dial tcp 10.0.0.1:443: i/o timeout)")
          .id == "image-pull-net-timeout");
  BOOST_TEST(
      classify_pull_error("ErrImagePull", "open /var/lib/containerd/x: permission denied").id ==
      "image-pull-unknown");
  BOOST_TEST(classify_pull_error(
                 "ErrImagePull",
                 R"(dial unix /run/containerd/containerd.sock: connect: connection refused)")
                 .id == "image-pull-unknown");
}

BOOST_AUTO_TEST_CASE(addresses_are_taken_from_the_text) {
  const auto dns = classify_pull_error(
      "",
      R"(dial tcp: lookup quay.io on 10.96.0.10:53: read udp 10.0.0.4:40000->10.96.0.10:53: i/o timeout)");
  BOOST_TEST(dns.name == "quay.io");
  BOOST_TEST(dns.resolver == "10.96.0.10:53");
  const auto refused =
      classify_pull_error("", R"(dial tcp 10.96.5.5:5000: connect: connection refused)");
  BOOST_TEST(refused.peer == "10.96.5.5:5000");
  BOOST_TEST(!refused.via_proxy);
  BOOST_TEST(
      classify_pull_error("", R"(dial tcp [fd00::1]:5000: connect: connection refused)").peer ==
      "[fd00::1]:5000");
  BOOST_TEST(
      classify_pull_error(
          "", R"(proxyconnect tcp: dial tcp: lookup proxy.corp on 10.0.0.1:53: no such host)")
          .via_proxy);
}

BOOST_AUTO_TEST_CASE(the_kubelets_wrapping_is_taken_off) {
  BOOST_TEST(
      bare_pull_error(
          R"((combined from similar events): Failed to pull image "a:1": rpc error: code = Unknown desc = boom)") ==
      "boom");
  BOOST_TEST(
      bare_pull_error(
          R"(Back-off pulling image "a:1": ErrImagePull: rpc error: code = Unknown desc = boom)") ==
      "boom");
  BOOST_TEST(!carries_pull_error(""));
  BOOST_TEST(!carries_pull_error("Error: ErrImagePull"));
  BOOST_TEST(!carries_pull_error(R"(Back-off pulling image "a:1")"));
  BOOST_TEST(
      !carries_pull_error(R"((combined from similar events): Back-off pulling image "a:1")"));
  BOOST_TEST(carries_pull_error(R"(Back-off pulling image "a:1": ErrImagePull: boom)"));
}

BOOST_AUTO_TEST_CASE(sandbox_images_are_told_apart_from_cni_failures) {
  const auto containerd = classify_sandbox_pull(
      R"(Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "registry.k8s.io/pause:3.8": failed to pull image "registry.k8s.io/pause:3.8": failed to do request: Head "https://europe-west2-docker.pkg.dev/v2/x": dial tcp 108.177.119.82:443: i/o timeout)");
  BOOST_TEST(containerd.found);
  BOOST_TEST(containerd.image == "registry.k8s.io/pause:3.8");
  BOOST_TEST(containerd.cause.id == "image-pull-net-timeout");
  const auto docker = classify_sandbox_pull(
      R"(Failed to create pod sandbox: rpc error: code = Unknown desc = failed pulling image "k8s.gcr.io/pause:3.1": Error response from daemon: Get https://k8s.gcr.io/v2/: dial tcp: lookup k8s.gcr.io: no such host)");
  BOOST_TEST(docker.image == "k8s.gcr.io/pause:3.1");
  BOOST_TEST(docker.cause.id == "image-pull-dns");
  const auto crio = classify_sandbox_pull(
      R"(Failed to create pod sandbox: rpc error: code = Unknown desc = error creating pod sandbox with name "k8s_x": initializing source docker://registry.k8s.io/pause:3.9: pinging container registry registry.k8s.io: Get "https://registry.k8s.io/v2/": dial tcp 34.96.108.209:443: i/o timeout)");
  BOOST_TEST(crio.image == "registry.k8s.io/pause:3.9");
  BOOST_TEST(
      !classify_sandbox_pull(
           R"(Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "00": plugin type="cilium-cni" failed (add): unable to connect to Cilium agent)")
           .found);
}

BOOST_AUTO_TEST_CASE(image_references_are_read_as_the_runtimes_read_them) {
  const auto plain = parse_image_reference("nginx");
  BOOST_TEST(plain.registry == "docker.io");
  BOOST_TEST(plain.repository == "library/nginx");
  BOOST_TEST(plain.tag == "latest");
  const auto node_port = parse_image_reference("localhost:30500/shop/web:1.2");
  BOOST_TEST(node_port.host == "localhost");
  BOOST_TEST(node_port.port == 30500);
  BOOST_TEST(node_port.repository == "shop/web");
  BOOST_TEST(node_port.tag == "1.2");
  const auto digest = parse_image_reference("quay.io/cilium/cilium:v1.18.0@sha256:00ff");
  BOOST_TEST(digest.registry == "quay.io");
  BOOST_TEST(digest.tag == "v1.18.0");
  BOOST_TEST(digest.digest == "sha256:00ff");
  const auto six = parse_image_reference("[fd00::1]:5000/a");
  BOOST_TEST(six.host == "fd00::1");
  BOOST_TEST(six.port == 5000);
  BOOST_TEST(parse_image_reference("acme/web").registry == "docker.io");
  BOOST_TEST(parse_image_reference("").repository == "");
}

BOOST_AUTO_TEST_CASE(every_cause_is_met) {
  std::set<std::string> met;
  for (const Case& c : kCases)
    met.insert(std::string(c.id));
  BOOST_TEST(met.size() == 18u);  // 17 rows and the unknown; the sandbox's is met above
}
