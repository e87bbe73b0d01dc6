package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

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
	keepDescriptors(script)
	c.boundary, _, _ = strings.Cut(strings.TrimPrefix(argv[2], "B="), "\n")
	runner, err := interp.New(
		interp.StdIO(nil, out, errw),
		interp.Dir("/"),
		interp.OpenHandler(c.open),
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

// keepDescriptors gives a script the descriptors above 2 that the interpreter lacks: `{ …;} 4>&1` becomes `{ keep 4; { …;};}`, and `… >&4` becomes
// `… >>/keep/4`.
func keepDescriptors(script *syntax.File) {
	literal := func(text string) *syntax.Word {
		return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: text}}}
	}
	high := func(descriptor string) bool {
		return len(descriptor) == 1 && descriptor[0] > '2' && descriptor[0] <= '9'
	}
	syntax.Walk(script, func(node syntax.Node) bool {
		statement, ok := node.(*syntax.Stmt)
		if !ok {
			return true
		}
		others := statement.Redirs[:0]
		for _, r := range statement.Redirs {
			if r.Op == syntax.DplOut && r.N != nil && high(r.N.Value) && r.Word.Lit() == "1" {
				keep := &syntax.CallExpr{Args: []*syntax.Word{literal("keep"), literal(r.N.Value)}}
				statement.Cmd = &syntax.Block{Stmts: []*syntax.Stmt{{Cmd: keep}, {Cmd: statement.Cmd}}}
				continue
			}
			if r.Op == syntax.DplOut && high(r.Word.Lit()) {
				r.Op, r.Word = syntax.AppOut, literal("/keep/"+r.Word.Lit())
			}
			others = append(others, r)
		}
		statement.Redirs = others
		return true
	})
}

// kept is an open file that the statement which writes to it does not close.
type kept struct{ *os.File }

func (kept) Close() error { return nil }

type keptWriter struct{ io.Writer }

func (keptWriter) Read([]byte) (int, error) { return 0, io.EOF }
func (keptWriter) Close() error             { return nil }

func (c *container) open(ctx context.Context, path string, flag int, perm os.FileMode) (io.ReadWriteCloser, error) {
	name, ok := strings.CutPrefix(path, "/keep/")
	if !ok {
		return interp.DefaultOpenHandler()(ctx, path, flag, perm)
	}
	if file, ok := c.kept[name].(*os.File); ok {
		return kept{file}, nil
	}
	return keptWriter{c.kept[name]}, nil
}

// firstCountLast does what `sed -n '1p;$=;$p'` does: the first line, the number of lines, the last line.
func firstCountLast(in io.Reader, out io.Writer) error {
	n, last := 0, []byte(nil)
	lines := readers.Get().(*bufio.Reader)
	defer readers.Put(lines)
	for lines.Reset(in); ; n++ {
		line, err := lines.ReadSlice('\n') // no line of an agent is longer than the buffer
		if err == io.EOF && len(line) == 0 {
			_, err := fmt.Fprintf(out, "%d\n%s", n, last)
			return err
		} else if err != nil && err != io.EOF {
			return err
		}
		if last = append(last[:0], line...); n == 0 {
			out.Write(line)
		}
	}
}

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}

// program answers for what a script starts: the agent's programs, and the few that a probe takes from the image.
func (c *container) program(ctx context.Context, argv []string) error {
	std := interp.HandlerCtx(ctx)
	switch name := filepath.Base(argv[0]); {
	case name == "timeout" && len(argv) > 2:
		return c.program(ctx, argv[2:])
	case name == "keep" && len(argv) == 2:
		if c.kept == nil {
			c.kept = map[string]io.Writer{}
		}
		c.kept[argv[1]] = std.Stdout
		return nil
	case name == "tail" && len(argv) == 3 && argv[1] == "-c":
		most, err := strconv.Atoi(argv[2])
		if err != nil {
			return err
		}
		text, err := io.ReadAll(std.Stdin)
		std.Stdout.Write(text[max(0, len(text)-most):])
		return err
	case name == "head" && len(argv) == 3 && argv[1] == "-c":
		most, err := strconv.ParseInt(argv[2], 10, 64)
		if err == nil {
			_, err = io.Copy(std.Stdout, io.LimitReader(std.Stdin, most))
		}
		return err
	case name == "sed" && len(argv) == 3 && argv[1] == "-n" && argv[2] == "1p;$=;$p":
		return firstCountLast(std.Stdin, std.Stdout)
	case name == "gzip" && len(argv) == 2 && argv[1] == "-1":
		return gzipOnce(std.Stdin, std.Stdout, c.boundary)
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
