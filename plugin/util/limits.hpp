// What is taken from outside at most. Every limit on input stands here and in docs/security.md,
// with the test that reaches it; tests/docs holds the two against each other.
#pragma once
#include <cstddef>

namespace kpr::limits {

inline constexpr std::size_t kib = 1u << 10, mib = 1u << 20, gib = 1u << 30;

// JSON and YAML. Real objects of Kubernetes have about 20 levels.
inline constexpr std::size_t depth = 64;               // containers around a value
inline constexpr std::size_t json_bytes = 64 * mib;    // of one text
inline constexpr std::size_t json_values = 4'000'000;  // of one text: a tree of 100 bytes each
inline constexpr std::size_t yaml_bytes = 16 * mib;    // of a kubeconfig, a file of waivers, …
inline constexpr std::size_t yaml_values = 1'000'000;  // aliases count each time they are used

// Archives and folders.
inline constexpr std::size_t archive_entries = 200'000;
inline constexpr std::size_t archive_file = 512 * mib;    // of one file in them
inline constexpr std::size_t archive_bytes = 4 * gib;     // of what is read of one
inline constexpr std::size_t archive_skipped = 16 * gib;  // of what is unpacked to be passed over
inline constexpr std::size_t archive_ratio = 400;         // unpacked to packed, from 64 MiB on

// Objects. Kubernetes is made for 150,000 pods (setup/best-practices/cluster-large).
inline constexpr std::size_t objects_of_resource = 250'000;

// Helm's release in a Secret; Kubernetes refuses Secrets above 1 MiB.
inline constexpr std::size_t helm_encoded = 8 * mib;
inline constexpr std::size_t helm_decoded = 64 * mib;

}  // namespace kpr::limits
