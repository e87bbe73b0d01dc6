// labload fills a laboratory with nodes and agents, and is the bare client that others are measured against: client-go's WebSocket
// executor, so many at a time, the output thrown away.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sync"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	kubeconfig := flag.String("kubeconfig", os.Getenv("KUBECONFIG"), "")
	mode := flag.String("mode", "exec", "populate, adopt or exec")
	n := flag.Int("n", 8, "populate: nodes")
	version := flag.String("version", "mixed", "populate: Cilium's version on all nodes, or mixed")
	endpoints := flag.Int("endpoints", 12, "populate: pods on each node; the texts grow with them")
	services := flag.Int("services", 0, "populate: Services of the applications")
	workloads := flag.Bool("workloads", false, "populate: the pods that the agents speak of, and all that stands around them in a cluster")
	state := flag.String("state", ".", "populate: where agents.json goes and kubelet.port is")
	concurrency := flag.Int("c", 32, "exec: at a time")
	argv := flag.String("argv", `["cilium-dbg","status","--verbose"]`, "exec: the command as a JSON list, or @file")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	die(err)
	config.QPS, config.Burst = 5000, 5000
	client := kubernetes.NewForConfigOrDie(config)
	ctx := context.Background()
	switch *mode {
	case "populate":
		populate(ctx, client, *n, *version, *endpoints, *services, *workloads, *state)
	case "adopt":
		adopt(ctx, client, port(*state))
	case "exec":
		exec(ctx, config, client, *concurrency, command(*argv))
	default:
		die(fmt.Errorf("no such mode: %s", *mode))
	}
}

func command(text string) (argv []string) {
	b := []byte(text)
	if text != "" && text[0] == '@' {
		var err error
		b, err = os.ReadFile(text[1:])
		die(err)
	}
	die(json.Unmarshal(b, &argv))
	return argv
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "labload:", err)
		os.Exit(1)
	}
}

// parallel calls f for 0…n-1, c at a time.
func parallel(n, c int, f func(i int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for range c {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				f(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}
