package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// inside runs `sh -c SCRIPT` in this process instead of starting a shell, timeout and the agent's program for each exec. On a cluster these
// run on the nodes' own processors; here they would share two with the client that is measured. Only for measurements (--shell=inside): what a
// script does in a real shell is for all other tests to see.
func (c *container) inside(ctx context.Context, argv []string, out, errw io.Writer) (int, error) {
	if len(argv) != 3 || argv[1] != "-c" {
		return 0, fmt.Errorf("--shell=inside runs sh -c SCRIPT, not %q", argv)
	}
	script, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(argv[2]), "sh")
	if err != nil {
		return 0, err
	}
	runner, err := interp.New(
		interp.StdIO(nil, out, errw),
		interp.Dir("/"),
		interp.Env(expand.ListEnviron("PATH="+c.programs+":/usr/bin:/bin", "HOSTNAME="+c.node)),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return c.program }))
	if err != nil {
		return 0, err
	}
	err = runner.Run(ctx, script)
	var status interp.ExitStatus
	if errors.As(err, &status) {
		return int(status), nil
	}
	return 0, err
}

// program answers for what a script starts: the agent's programs, and the two that a probe takes from the image.
func (c *container) program(ctx context.Context, argv []string) error {
	std := interp.HandlerCtx(ctx)
	switch name := filepath.Base(argv[0]); {
	case name == "timeout" && len(argv) > 2:
		return c.program(ctx, argv[2:])
	case name == "head" && len(argv) == 3 && argv[1] == "-c":
		most, err := strconv.ParseInt(argv[2], 10, 64)
		if err == nil {
			_, err = io.Copy(std.Stdout, io.LimitReader(std.Stdin, most))
		}
		return err
	case c.hasProgram(name):
		code, err := c.plain(argv, std.Stdout, std.Stderr)
		if err != nil || code == 0 {
			return err
		}
		return interp.ExitStatus(code)
	}
	fmt.Fprintf(std.Stderr, "sh: %s: not found\n", argv[0])
	return interp.ExitStatus(127)
}
