// Pins what carries the published schema of SARIF for tests/report/published_schemas.py.
module kpr.dev/schemas

go 1.24

require github.com/owenrumney/go-sarif/v3 v3.3.1
