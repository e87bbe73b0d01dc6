// Semantic versions as far as checks need them: 1.18.0, v1.16.5-ad688277, 1.20.0-dev, 1.34.2+k3s1.
// Never used for kernels of RHEL.
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace kpr::facts {

struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string text;  // as found, without a leading v

  // Compares the numbers only; a pre-release counts as its release, so that 1.20.0-dev falls under
  // the rules of 1.20.
  friend std::strong_ordering operator<=>(const Version& a, const Version& b) {
    if (auto c = a.major <=> b.major; c != 0)
      return c;
    if (auto c = a.minor <=> b.minor; c != 0)
      return c;
    return a.patch <=> b.patch;
  }
  friend bool operator==(const Version& a, const Version& b) { return (a <=> b) == 0; }
  bool is_minor(int ma, int mi) const { return major == ma && minor == mi; }
  bool at_least(int ma, int mi, int pa = 0) const { return *this >= Version{ma, mi, pa, {}}; }
};

// The first X.Y[.Z] at the start of the text (a leading v is skipped); nothing where the text does
// not start so.
std::optional<Version> parse_version(std::string_view text);
// The version in an image reference's tag: "quay.io/cilium/cilium:v1.16.5@sha256:…" → 1.16.5.
// Nothing for digests alone and words.
std::optional<Version> version_of_image(std::string_view image);

}  // namespace kpr::facts
