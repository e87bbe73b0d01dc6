// fakekubelet is one HTTPS server that plays the kubelet of every node of the laboratory: exec with true exit codes over Kubernetes' own
// streaming code, container logs, client certificates only; and faults on demand. See control.go for how to ask for them.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where the API server finds the kubelets")
	control := flag.String("control", "127.0.0.1:0", "plain HTTP, for faults and the log of execs")
	crt, key, ca := flag.String("cert", "", ""), flag.String("key", "", ""), flag.String("client-ca", "", "")
	state := flag.String("state", ".", "folder with agents.json; answers, kubelet.port and control.port are written there")
	shim := flag.String("shim", "", "the program that stands for every program of the agent's container")
	shell := flag.String("shell", "real", "what runs the scripts of execs: real (/bin/sh), or inside (this process; for measurements)")
	flag.Parse()

	b, err := os.ReadFile(*ca)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(b)
	fleet := newFleet(*state)
	if fleet.shellInside = *shell == "inside"; fleet.shellInside {
		debug.SetGCPercent(400) // nodes have their own memory; ours is not what is measured
	}
	if err := fleet.makePrograms(*shim); err != nil {
		log.Fatal(err)
	}
	if err := fleet.load(); err != nil && !os.IsNotExist(err) {
		log.Fatal(err)
	}

	listener := open(*listen, filepath.Join(*state, "kubelet.port"))
	go func() {
		l := open(*control, filepath.Join(*state, "control.port"))
		log.Fatal((&http.Server{Handler: fleet.control(), ReadHeaderTimeout: 10 * time.Second}).Serve(l))
	}()

	mux := http.NewServeMux()
	exec := func(w http.ResponseWriter, r *http.Request) { fleet.serveExec(w, r) }
	for _, method := range []string{"GET", "POST"} {
		mux.HandleFunc(method+" /exec/{ns}/{pod}/{container}", exec)
		mux.HandleFunc(method+" /exec/{ns}/{pod}/{uid}/{container}", exec)
	}
	mux.HandleFunc("GET /containerLogs/{ns}/{pod}/{container}", fleet.serveLogs)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, NextProtos: []string{"http/1.1"}}}
	log.Fatal(s.ServeTLS(listener, *crt, *key))
}

// open listens and leaves the port in a file, so that nobody has to guess a free one.
func open(address, file string) net.Listener {
	l, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	text := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(file+".new", []byte(text+"\n"), 0o644); err != nil {
		log.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		log.Fatal(err)
	}
	return l
}

var _ remotecommand.Executor = (*container)(nil)
