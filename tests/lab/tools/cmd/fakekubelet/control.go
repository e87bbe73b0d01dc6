package main

import (
	"encoding/json"
	"math/rand"
	"net/http"
	"sort"
	"strconv"
)

// control: plain HTTP on loopback for whoever runs the laboratory.
//
//	PUT    /agents                       reads agents.json again
//	GET    /faults                       all of them
//	PUT    /faults/{namespace}/{pod}     a Fault as JSON ({} is none)
//	PUT    /faults?share=0.05&seed=1     the same fault for a share of all agents, by chance
//	DELETE /faults                       none any more
//	PUT    /scenario                     {"program": [argv…], "map": {"namespace/pod": "folder"}, "logs": "folder"}: answers come from that program
//	DELETE /scenario
//	GET    /log                          the execs since the last DELETE /log: pod, argv, bytes, code, millis
func (f *fleet) control() http.Handler {
	mux := http.NewServeMux()
	read := func(w http.ResponseWriter, r *http.Request, into any) bool {
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<20))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return false
		}
		return true
	}
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	readFault := func(w http.ResponseWriter, r *http.Request) (fault Fault, ok bool) {
		if !read(w, r, &fault) {
			return fault, false
		}
		if err := fault.check(); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return fault, false
		}
		return fault, true
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, "ok") })
	mux.HandleFunc("PUT /agents", func(w http.ResponseWriter, _ *http.Request) {
		if err := f.load(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.RLock()
		defer f.mu.RUnlock()
		answer(w, f.faults)
	})
	mux.HandleFunc("PUT /faults/{ns}/{pod}", func(w http.ResponseWriter, r *http.Request) {
		if fault, ok := readFault(w, r); ok {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.faults[r.PathValue("ns")+"/"+r.PathValue("pod")] = fault
		}
	})
	mux.HandleFunc("PUT /faults", func(w http.ResponseWriter, r *http.Request) {
		share, err := strconv.ParseFloat(r.URL.Query().Get("share"), 64)
		seed, err2 := strconv.ParseInt(r.URL.Query().Get("seed"), 10, 64)
		if err != nil || err2 != nil {
			http.Error(w, "share and seed are needed", http.StatusBadRequest)
			return
		}
		fault, ok := readFault(w, r)
		if !ok {
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		var names []string
		for n := range f.agents {
			names = append(names, n)
		}
		sort.Strings(names)
		rand.New(rand.NewSource(seed)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		names = names[:int(share*float64(len(names)))]
		for _, n := range names {
			f.faults[n] = fault
		}
		answer(w, names)
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.faults = map[string]Fault{}
	})
	mux.HandleFunc("PUT /scenario", func(w http.ResponseWriter, r *http.Request) {
		var o outside
		if read(w, r, &o) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.outside = &o
		}
	})
	mux.HandleFunc("DELETE /scenario", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.outside = nil
	})
	mux.HandleFunc("GET /log", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.RLock()
		defer f.mu.RUnlock()
		answer(w, f.log)
	})
	mux.HandleFunc("DELETE /log", func(w http.ResponseWriter, _ *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.log = nil
	})
	return mux
}
