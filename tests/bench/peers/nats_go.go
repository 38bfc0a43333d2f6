// A pair's end on nats.go: nats_go HOST:PORT PUBLISH SUBSCRIBE INTERVAL_US
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
)

var (
	out  = bufio.NewWriter(os.Stdout)
	lock sync.Mutex // of out
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func onMessage(message *nats.Msg) {
	arrived := time.Now().UnixNano()
	sent, err := strconv.ParseFloat(string(message.Data), 64)
	check(err)
	lock.Lock()
	fmt.Fprintf(out, "dt = %.6f\n", float64(arrived)/1e9-sent)
	lock.Unlock()
}

func main() {
	args := os.Args[1:]
	intervalUs, err := strconv.ParseFloat(args[3], 64)
	check(err)
	connection, err := nats.Connect("nats://" + args[0])
	check(err)
	_, err = connection.Subscribe(args[2], onMessage)
	check(err)

	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	var errors []float64
	start := time.Now()
	for slot := 0; len(end) == 0; slot++ {
		due := start.Add(time.Duration(float64(slot) * intervalUs * 1e3))
		time.Sleep(time.Until(due))
		now := time.Now()
		body := strconv.AppendFloat(nil, float64(now.UnixNano())/1e9, 'f', 6, 64)
		check(connection.Publish(args[1], body))
		errors = append(errors, now.Sub(due).Seconds())
		if slot%10 == 9 {
			lock.Lock()
			out.Flush()
			lock.Unlock()
		}
	}
	lock.Lock()
	for _, late := range errors {
		fmt.Fprintf(out, "timer error = %.6f\n", late)
	}
	out.Flush()
}
