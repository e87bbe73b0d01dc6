package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"kpr.dev/lab/internal/agent"
)

// Fault is what goes wrong when someone execs into a pod. Several can be asked for at once.
type Fault struct {
	Delay       string `json:"delay,omitempty"`       // Go duration, before the first byte
	Hang        bool   `json:"hang,omitempty"`        // accepts, and says nothing
	Cut         *int64 `json:"cut,omitempty"`         // connection ends after so many bytes of stdout
	Flood       int64  `json:"flood,omitempty"`       // so many bytes instead of the answer; -1: never ends
	ExitCode    *int   `json:"exitCode,omitempty"`    // instead of the command's own
	Stderr      string `json:"stderr,omitempty"`      // before the command's own
	NoShell     bool   `json:"noShell,omitempty"`     // the image has no sh
	NoContainer bool   `json:"noContainer,omitempty"` // crashed
	Refuse      int    `json:"refuse,omitempty"`      // HTTP status instead of the upgrade
	RefuseText  string `json:"refuseText,omitempty"`
	Variant     string `json:"variant,omitempty"` // another state of the agent: unhealthy, starting, kpr-off

	delay time.Duration
}

func (f *Fault) check() error {
	if f.Delay != "" {
		d, err := time.ParseDuration(f.Delay)
		if err != nil {
			return err
		}
		f.delay = d
	}
	switch f.Variant {
	case agent.Healthy, agent.Unhealthy, agent.Starting, agent.KprOff:
		return nil
	}
	return fmt.Errorf("no such variant: %q", f.Variant)
}

// Exec is one line of the log.
type Exec struct {
	Pod    string   `json:"pod"`
	Argv   []string `json:"argv"`
	Bytes  int64    `json:"bytes"`
	Code   int      `json:"code"`
	Millis float64  `json:"millis"`
}

const longestLog = 20000

type fleet struct {
	state       string
	shellInside bool // see shell.go

	mu      sync.RWMutex
	agents  map[string]*agent.Agent // by namespace/pod
	faults  map[string]Fault
	outside *outside
	log     []Exec

	writing sync.Map // directory → *sync.Once: answers are written when they are first asked for
}

// outside: a scenario of someone else's, answered by its own program.
type outside struct {
	Program []string          `json:"program"`
	Map     map[string]string `json:"map"` // namespace/pod → folder
	Logs    string            `json:"logs"`
}

func newFleet(state string) *fleet {
	absolute, err := filepath.Abs(state)
	if err != nil {
		absolute = state
	}
	return &fleet{state: absolute, agents: map[string]*agent.Agent{}, faults: map[string]Fault{}}
}

// Programs of an agent's image. Which of the first two an image has depends on the version.
var programs = []string{"cilium", "cilium-dbg", "hostname", "uname", "ip", "bpftool", "iptables-save", "iptables-nft-save", "iptables-legacy-save", "ip6tables-save", "ip6tables-nft-save", "ip6tables-legacy-save"}

func (f *fleet) makePrograms(shim string) error {
	if shim == "" {
		return fmt.Errorf("--shim is needed")
	}
	shim, err := filepath.Abs(shim)
	if err != nil {
		return err
	}
	for _, era := range []string{"bin-cilium", "bin-dbg"} {
		d := filepath.Join(f.state, era)
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
		for _, p := range programs {
			if p == "cilium-dbg" && era == "bin-cilium" {
				continue
			}
			os.Remove(filepath.Join(d, p))
			if err := os.Symlink(shim, filepath.Join(d, p)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fleet) load() error {
	l, err := agent.Load(filepath.Join(f.state, "agents.json"))
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.agents = map[string]*agent.Agent{}
	for i := range l {
		f.agents[l[i].Namespace+"/"+l[i].Pod] = &l[i]
	}
	os.RemoveAll(filepath.Join(f.state, "answers"))
	f.writing.Clear()
	return nil
}

// find: nil where no such container runs.
func (f *fleet) find(ns, pod, name string) *container {
	f.mu.RLock()
	fault, a, out := f.faults[ns+"/"+pod], f.agents[ns+"/"+pod], f.outside
	f.mu.RUnlock()
	c := &container{fleet: f, pod: ns + "/" + pod, fault: fault}
	if out != nil {
		folder, ok := out.Map[ns+"/"+pod]
		if !ok {
			return nil
		}
		c.outside = append(append([]string{}, out.Program...), folder)
		return c
	}
	if a == nil || name != "cilium-agent" {
		return nil
	}
	c.node, c.directory = a.Node, filepath.Join(f.state, "answers", ns+"_"+pod+"_"+fault.Variant)
	c.programs = filepath.Join(f.state, "bin-cilium")
	if a.HasDbg() {
		c.programs = filepath.Join(f.state, "bin-dbg")
	}
	c.hasProgram = func(name string) bool {
		_, err := os.Lstat(filepath.Join(c.programs, name))
		return err == nil
	}
	once, _ := f.writing.LoadOrStore(c.directory, &sync.Once{})
	once.(*sync.Once).Do(func() { write(c.directory, a.Answers(fault.Variant)) })
	return c
}

func write(directory string, answers map[string]agent.Answer) {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	for key, a := range answers {
		key = strings.ReplaceAll(key, "/", "%")
		put(key+".out", a.Out)
		if a.Err != "" {
			put(key+".err", a.Err)
		}
		if a.Code != 0 {
			put(key+".rc", fmt.Sprintln(a.Code))
		}
	}
}

func (f *fleet) scenarioLogs() string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.outside == nil {
		return ""
	}
	return f.outside.Logs
}

func (f *fleet) note(pod string, argv []string, n int64, code int, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.log) < longestLog {
		f.log = append(f.log, Exec{pod, argv, n, code, float64(d.Microseconds()) / 1000})
	}
}
