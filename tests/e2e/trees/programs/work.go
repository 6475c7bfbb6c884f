// SPDX-License-Identifier: Apache-2.0

// work.go PORT NEXT direct|sleep - a call in the handler, by the default transport; sleeps around it if asked.
package main

import (
	"io"
	"math/rand"
	"net/http"
	"os"
	"path"
	"time"
)

func call(next, id string) ([]byte, error) {
	request, err := http.NewRequest("GET", "http://127.0.0.1:"+next+"/next/"+id, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("x-request-id", id)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	return io.ReadAll(answer.Body)
}

func main() {
	rest := func() {}
	if os.Args[3] == "sleep" {
		rest = func() { time.Sleep(time.Duration(1+rand.Intn(5)) * time.Millisecond) }
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		rest()
		body, err := call(os.Args[2], path.Base(r.URL.Path))
		if err != nil {
			http.Error(w, err.Error(), 502)
			return
		}
		rest()
		w.Write(body)
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
