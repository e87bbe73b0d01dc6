package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	remotecommandconsts "k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// No exec outlives this, whoever forgot it.
const longestExec = 10 * time.Minute

func (f *fleet) serveExec(w http.ResponseWriter, r *http.Request) {
	opts, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := f.find(r.PathValue("ns"), r.PathValue("pod"), r.PathValue("container"))
	if c == nil || c.fault.NoContainer {
		http.Error(w, fmt.Sprintf("container not found (%q)", r.PathValue("container")), http.StatusInternalServerError)
		return
	}
	if c.fault.Refuse != 0 {
		http.Error(w, c.fault.RefuseText, c.fault.Refuse)
		return
	}
	remotecommand.ServeExec(w, r, c, c.pod, "", r.PathValue("container"), r.URL.Query()["command"], opts, time.Hour, 30*time.Second, remotecommandconsts.SupportedStreamingProtocols)
}

// serveLogs: what a container last said. A scenario has files for it; an agent of ours says one line.
func (f *fleet) serveLogs(w http.ResponseWriter, r *http.Request) {
	c := f.find(r.PathValue("ns"), r.PathValue("pod"), r.PathValue("container"))
	w.Header().Set("Content-Type", "text/plain")
	previous := ""
	if r.URL.Query().Get("previous") == "true" {
		previous = "__prev"
	}
	if logs := f.scenarioLogs(); logs != "" {
		b, err := os.ReadFile(filepath.Join(logs, filepath.Base(r.PathValue("pod"))+"__"+filepath.Base(r.PathValue("container"))+previous+".log"))
		if err == nil {
			w.Write(b)
		}
		return
	}
	if c != nil {
		fmt.Fprintf(w, "level=info msg=\"Daemon initialization completed\" subsys=daemon node=%s\n", c.node)
	}
}

// container answers one exec.
type container struct {
	fleet      *fleet
	pod, node  string
	fault      Fault
	directory  string   // of the answers
	programs   string   // folder that comes first in PATH
	outside    []string // a program that answers instead: argv before the command's own
	hasProgram func(name string) bool
	boundary   string               // of the frames of a script that runs inside
	kept       map[string]io.Writer // its descriptors
}

var errCut = errors.New("cut")

func (c *container) ExecInContainer(ctx context.Context, _, _, _ string, argv []string, _ io.Reader, out, errw io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize, _ time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, longestExec)
	defer cancel()
	start := time.Now()
	stdout := &counter{to: out, limit: -1}
	if c.fault.Cut != nil {
		stdout.limit = *c.fault.Cut
	}
	code, err := c.answer(ctx, argv, stdout, errw)
	c.fleet.note(c.pod, argv, stdout.n, code, time.Since(start))
	if errors.Is(err, errCut) {
		panic(http.ErrAbortHandler) // what a kubelet that dies in the middle looks like: the connection ends, and nobody says why
	}
	if err != nil {
		return err
	}
	if code != 0 {
		return utilexec.CodeExitError{Err: fmt.Errorf("command terminated with exit code %d", code), Code: code}
	}
	return nil
}

func (c *container) answer(ctx context.Context, argv []string, out *counter, errw io.Writer) (int, error) {
	wait := c.fault.delay
	if c.fault.Hang {
		wait = longestExec
	}
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	if errw == nil {
		errw = io.Discard
	}
	if c.fault.Flood != 0 {
		return 0, flood(out, c.fault.Flood)
	}
	if len(argv) == 0 {
		return 0, errors.New("no command")
	}
	io.WriteString(errw, c.fault.Stderr)
	code, err := c.run(ctx, argv, out, errw)
	if err == nil && out.limit > 0 {
		err = errCut // shorter than where it was to be cut: cut at the end
	}
	if c.fault.ExitCode != nil {
		code = *c.fault.ExitCode
	}
	return code, err
}

func (c *container) run(ctx context.Context, argv []string, out *counter, errw io.Writer) (int, error) {
	name := filepath.Base(argv[0])
	isShell := name == "sh" || name == "bash"
	if (isShell && c.fault.NoShell) || (!isShell && c.outside == nil && !c.hasProgram(name)) {
		return c.notFound(argv[0], errw)
	}
	if c.outside != nil {
		return fork(ctx, append(append([]string{}, c.outside...), argv...), os.Environ(), out, errw)
	}
	if isShell && c.fleet.shellInside {
		return c.inside(ctx, argv, out, errw)
	}
	if isShell {
		return fork(ctx, append([]string{"/bin/sh"}, argv[1:]...), []string{"PATH=" + c.programs + ":/usr/bin:/bin", "KPR_LAB_AGENT=" + c.directory, "HOSTNAME=" + c.node}, out, errw)
	}
	return c.plain(argv, out, errw)
}

// notFound: a runtime's words for a program that the image does not have.
func (c *container) notFound(program string, errw io.Writer) (int, error) {
	fmt.Fprintf(errw, "OCI runtime exec failed: exec failed: unable to start container process: exec: %q: executable file not found in $PATH: unknown\n", program)
	return 126, nil
}

// plain answers a command without a shell from the same files as shim.c, in this process.
func (c *container) plain(argv []string, out, errw io.Writer) (int, error) {
	key := filepath.Base(argv[0])
	if key == "cilium-dbg" {
		key = "cilium"
	}
	if !strings.HasSuffix(key, "-save") {
		for _, a := range argv[1:] {
			switch {
			case strings.HasPrefix(a, "--output="):
				a = "-o " + a[9:]
			case a == "--output":
				a = "-o"
			case strings.HasPrefix(a, "-o="):
				a = "-o " + a[3:]
			case strings.HasPrefix(a, "-o") && len(a) > 2:
				a = "-o " + a[2:]
			}
			key += " " + strings.ReplaceAll(a, "/", "%")
		}
	}
	text, err := os.Open(filepath.Join(c.directory, key+".out"))
	if err != nil {
		what := ""
		if len(argv) > 1 {
			what = argv[1]
		}
		fmt.Fprintf(errw, "Error: unknown command %q for %q\n", what, argv[0])
		return 1, nil
	}
	defer text.Close()
	if err := send(out, text); err != nil {
		return 0, err
	}
	if b, err := os.ReadFile(filepath.Join(c.directory, key+".err")); err == nil {
		errw.Write(b)
	}
	code := 0
	if b, err := os.ReadFile(filepath.Join(c.directory, key+".rc")); err == nil {
		fmt.Sscan(string(b), &code)
	}
	return code, nil
}

const setPipeSize = 1031 // F_SETPIPE_SZ of fcntl(2), which package syscall does not name

// send copies a file, and into a pipe without a look at it: the pipe gets room for a long text, so that who writes it and who reads it take turns
// once and not for every 64 KiB, and the kernel hands the file's own pages over.
func send(out io.Writer, text *os.File) error {
	pipe, ok := out.(syscall.Conn)
	if !ok {
		_, err := io.Copy(out, text)
		return err
	}
	info, err := text.Stat()
	if err != nil {
		return err
	}
	raw, err := pipe.SyscallConn()
	if err != nil {
		return err
	}
	if info.Size() > 64<<10 {
		raw.Control(func(descriptor uintptr) {
			syscall.Syscall(syscall.SYS_FCNTL, descriptor, setPipeSize, 1<<20) // a wish: where it is refused the pipe stays as it is
		})
	}
	for left := info.Size(); left > 0; {
		var sent int64
		waited := raw.Write(func(descriptor uintptr) bool {
			sent, err = syscall.Splice(int(text.Fd()), nil, int(descriptor), nil, int(left), 0)
			return err != syscall.EAGAIN
		})
		if waited != nil {
			return waited
		}
		if err != nil {
			return err
		}
		if left -= sent; sent == 0 {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// fork runs a program for real, in a process group of its own that ends with the exec.
func fork(ctx context.Context, argv, env []string, out io.Writer, errw io.Writer) (int, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = env, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	kill := func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	stop := context.AfterFunc(ctx, kill)
	defer stop()
	done := make(chan struct{})
	go func() { io.Copy(errw, stderr); close(done) }()
	_, copyErr := io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{stdout}, make([]byte, 32<<10))
	if copyErr != nil {
		kill() // nobody reads any more
	}
	<-done
	err = cmd.Wait()
	if copyErr != nil {
		return 0, copyErr
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
			return 128 + int(s.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}

// counter counts what goes out, and with a limit lets no more than that through.
type counter struct {
	to    io.Writer
	n     int64
	limit int64
}

func (w *counter) Write(b []byte) (int, error) {
	if w.to == nil {
		return len(b), nil
	}
	if w.limit >= 0 && w.n+int64(len(b)) > w.limit {
		n, _ := w.to.Write(b[:w.limit-w.n])
		w.n += int64(n)
		return n, errCut
	}
	n, err := w.to.Write(b)
	w.n += int64(n)
	return n, err
}

// flood writes n bytes of lines that look like an answer; below zero, for ever.
func flood(out io.Writer, n int64) error {
	block := []byte(strings.Repeat("  controller-that-never-ends   1s ago   never   0   no error\n", 512))
	for sent := int64(0); n < 0 || sent < n; {
		b := block
		if n > 0 && n-sent < int64(len(b)) {
			b = b[:n-sent]
		}
		k, err := out.Write(b)
		sent += int64(k)
		if err != nil {
			return err
		}
	}
	return nil
}
