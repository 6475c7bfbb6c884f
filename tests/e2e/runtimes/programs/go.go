// SPDX-License-Identifier: Apache-2.0

// Garbage for Go's collector, from four goroutines, and what runtime/debug says of it. Wants
// GODEBUG=gctrace=1: a line a collection on standard error, with what each of its two stops took.
// programs/README.md says what it speaks.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
)

const (
	rounds  = 400
	objects = 2000
)

type node struct {
	next *node
	room [64]byte
}

func makeGarbage() {
	var kept [20]*node
	for round := 0; round < rounds; round++ {
		var list *node
		for i := 0; i < objects; i++ {
			list = &node{next: list}
		}
		kept[round%len(kept)] = list
	}
	runtime.KeepAlive(kept)
}

func work() {
	var all sync.WaitGroup
	for i := 0; i < 4; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			makeGarbage()
		}()
	}
	all.Wait()
	runtime.GC()
}

func main() {
	var before, after debug.GCStats
	var memory runtime.MemStats
	lines := bufio.NewReader(os.Stdin)
	fmt.Println("ready")
	lines.ReadString('\n')
	debug.ReadGCStats(&before)
	work()
	debug.SetGCPercent(-1)
	debug.ReadGCStats(&after)
	runtime.ReadMemStats(&memory) // a stop that is no collection's
	cycles := after.NumGC - before.NumGC
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"cycles":        cycles,
		"first":         before.NumGC + 1,
		"paused_ns":     after.PauseTotal - before.PauseTotal,
		"cycles_by_now": int64(memory.NumGC),
		"others":        1,
	})
	lines.ReadString('\n')
}
