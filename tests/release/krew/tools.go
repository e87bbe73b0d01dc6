//go:build tools

// The real krew and the validator of its index, pinned for tests/release/krew.sh.
package tools

import (
	_ "sigs.k8s.io/krew/cmd/krew"
	_ "sigs.k8s.io/krew/cmd/validate-krew-manifest"
)
