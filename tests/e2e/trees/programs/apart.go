// SPDX-License-Identifier: Apache-2.0

// apart.go PORT NEXT HOW - handlers whose calls are made, or waited for, by other goroutines too.
package main

import (
	"io"
	"math/rand"
	"net/http"
	"net/http/httputil"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

func call(id string) string {
	request, err := http.NewRequest("GET", "http://127.0.0.1:"+os.Args[2]+"/next/"+id, nil)
	if err != nil {
		return err.Error()
	}
	request.Header.Set("x-request-id", id)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}

type job struct {
	id     string
	result chan string
}

// Eight workers make the calls; who asked waits.
func pool() func(string) string {
	jobs := make(chan job)
	for i := 0; i < 8; i++ {
		go func() {
			for j := range jobs {
				j.result <- call(j.id)
			}
		}()
	}
	return func(id string) string {
		j := job{id, make(chan string)}
		jobs <- j
		return <-j.result
	}
}

// The call is made by a goroutine of its own, beside another one of the handler's.
func spawned(id string) string {
	result := make(chan string)
	go func() { result <- call(id) }()
	beside, err := http.Get("http://127.0.0.1:" + os.Args[2] + "/beside")
	if err != nil {
		return err.Error()
	}
	io.Copy(io.Discard, beside.Body)
	beside.Body.Close()
	return <-result
}

// At most four calls at once.
func limited() func(string) string {
	tokens := make(chan struct{}, 4)
	return func(id string) string {
		tokens <- struct{}{}
		defer func() { <-tokens }()
		return call(id)
	}
}

// Who comes while a call is under way waits for its answer and makes none.
func shared() func(string) string {
	var mutex sync.Mutex
	var running chan struct{}
	var body string
	return func(id string) string {
		mutex.Lock()
		if wait := running; wait != nil {
			mutex.Unlock()
			<-wait
			return body
		}
		wait := make(chan struct{})
		running = wait
		mutex.Unlock()
		body = call(id)
		mutex.Lock()
		running = nil
		mutex.Unlock()
		close(wait)
		return body
	}
}

// Calls that nobody asked for, beside those of the handlers, which now and then wait for one of them.
func background() func(string) string {
	var mutex sync.Mutex
	next := make(chan struct{})
	for i := 0; i < 2; i++ {
		go func(worker string) {
			for n := 0; ; n++ {
				call("bg-" + worker + "n" + strconv.Itoa(n))
				mutex.Lock()
				close(next)
				next = make(chan struct{})
				mutex.Unlock()
				time.Sleep(time.Duration(rand.Intn(2000)) * time.Microsecond)
			}
		}(strconv.Itoa(i))
	}
	return func(id string) string {
		mutex.Lock()
		wait := next
		mutex.Unlock()
		if strings.HasSuffix(id, "0") {
			<-wait
		}
		return call(id)
	}
}

// What is below /entry is asked of NEXT below /next.
func proxy() http.Handler {
	return &httputil.ReverseProxy{Director: func(r *http.Request) {
		r.URL.Scheme, r.URL.Host = "http", "127.0.0.1:"+os.Args[2]
		r.URL.Path = "/next/" + path.Base(r.URL.Path)
	}}
}

func works(how string) func(string) string {
	switch how {
	case "pool":
		return pool()
	case "limited":
		return limited()
	case "shared":
		return shared()
	case "background":
		return background()
	}
	return spawned
}

func main() {
	if os.Args[3] == "proxy" {
		panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], proxy()))
	}
	work := works(os.Args[3])
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, work(path.Base(r.URL.Path)))
	})
	panic(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
