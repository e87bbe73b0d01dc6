package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
)

type discard struct{ n *atomic.Int64 }

func (d discard) Write(b []byte) (int, error) { d.n.Add(int64(len(b))); return len(b), nil }

// exec: one command in every agent; prints figures as one line of JSON.
func exec(ctx context.Context, config *rest.Config, client *kubernetes.Clientset, concurrency int, argv []string) {
	start := time.Now()
	pods, err := client.CoreV1().Pods("").List(ctx, metav1.ListOptions{LabelSelector: "k8s-app=cilium"})
	die(err)
	var ok, bad, bytes atomic.Int64
	var first sync.Once
	parallel(len(pods.Items), concurrency, func(i int) {
		p := &pods.Items[i]
		u := client.CoreV1().RESTClient().Post().Resource("pods").Namespace(p.Namespace).Name(p.Name).SubResource("exec").
			VersionedParams(&corev1.PodExecOptions{Container: "cilium-agent", Command: argv, Stdout: true, Stderr: true}, scheme.ParameterCodec).URL()
		e, err := remotecommand.NewWebSocketExecutor(config, "GET", u.String())
		die(err)
		if err := e.StreamWithContext(ctx, remotecommand.StreamOptions{Stdout: discard{&bytes}, Stderr: discard{&bytes}}); err != nil {
			bad.Add(1)
			first.Do(func() { fmt.Fprintln(os.Stderr, "labload: first error:", p.Name, err) })
			return
		}
		ok.Add(1)
	})
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	json.NewEncoder(os.Stdout).Encode(map[string]any{"ok": ok.Load(), "bad": bad.Load(), "bytes": bytes.Load(), "wallSeconds": time.Since(start).Seconds(),
		"cpuSeconds": seconds(u.Utime) + seconds(u.Stime), "peakKiB": u.Maxrss})
	if bad.Load() > 0 {
		os.Exit(1)
	}
}
