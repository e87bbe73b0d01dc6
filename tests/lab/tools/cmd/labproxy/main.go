// labproxy is a small HTTP proxy that only knows CONNECT, as a company's proxy in front of a cluster does. It logs each target on stdout.
package main

import (
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "")
	portFile := flag.String("port-file", "", "")
	user := flag.String("user", "", "name:password that clients must give")
	flag.Parse()
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	if *portFile != "" {
		if err := os.WriteFile(*portFile, []byte(fmt.Sprintln(l.Addr().(*net.TCPAddr).Port)), 0o644); err != nil {
			log.Fatal(err)
		}
	}
	var mu sync.Mutex
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(*user))
	log.Fatal((&http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		fmt.Println(r.Method, r.Host)
		mu.Unlock()
		if *user != "" && r.Header.Get("Proxy-Authorization") != want {
			w.Header().Set("Proxy-Authenticate", `Basic realm="lab"`)
			http.Error(w, "who are you?", http.StatusProxyAuthRequired)
			return
		}
		if r.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
			return
		}
		server, err := net.DialTimeout("tcp", r.Host, 10*time.Second)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer server.Close()
		client, buffered, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer client.Close()
		io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { io.Copy(server, buffered); server.(*net.TCPConn).CloseWrite() }()
		io.Copy(client, server)
	})}).Serve(l))
}
