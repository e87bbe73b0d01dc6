//go:build tools

// actionlint, pinned for tests/release/workflows.sh.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
