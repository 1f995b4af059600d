// An agent that weighs next to nothing, for tests that need fifty of them, or one that outlives the API server: it holds one MCP event
// stream open and tells, in lines of JSON like the agent beside it, when it was opened, cut and refused, in nanoseconds of the
// machine's clock; where it is asked to, it calls all the time as well.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `light COMMAND
  hold URL   keep a session and its event stream open; when it ends, or is refused, try again until it is open
  steady URL the same, and call echo four times a second in one session and once a second in a new one, all calls numbered;
             tell of each whether it was answered, refused, ended with an error, or lost: nothing came within 30 seconds
  idle       stay up until SIGTERM`

const (
	pause      = 200 * time.Millisecond
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"light","version":"1"}}}`
	ready      = `{"jsonrpc":"2.0","method":"notifications/initialized"}`
)

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "hold":
		go hold(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "steady":
		go hold(os.Args[2])
		go steady(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "idle":
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	// The first process of a container has no default action for SIGTERM.
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
}

// hold never returns. What repeats itself is told once.
func hold(url string) {
	told := ""
	tell := func(stream, why string) {
		nanos := time.Now().UnixNano()
		if now := stream + why; now != told {
			told = now
			line, _ := json.Marshal(map[string]any{"stream": stream, "nanos": nanos, "why": why})
			os.Stdout.Write(append(line, '\n'))
		}
	}
	for ; ; time.Sleep(pause) {
		stream, err := open(url)
		if err != nil {
			tell("refused", err.Error())
			continue
		}
		tell("open", "")
		_, err = io.Copy(io.Discard, stream)
		if err == nil {
			err = io.EOF
		}
		tell("end", err.Error())
		stream.Close()
	}
}

func open(url string) (io.ReadCloser, error) {
	first, err := send(http.DefaultClient, "POST", url, "", initialize)
	if err != nil {
		return nil, err
	}
	session := first.Header.Get("Mcp-Session-Id")
	io.Copy(io.Discard, first.Body)
	first.Body.Close()
	second, err := send(http.DefaultClient, "POST", url, session, ready)
	if err != nil {
		return nil, err
	}
	second.Body.Close()
	stream, err := send(http.DefaultClient, "GET", url, session, "")
	if err != nil {
		return nil, err
	}
	return stream.Body, nil
}

func send(client *http.Client, method, url, session, body string) (*http.Response, error) {
	request, err := http.NewRequest(method, url, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json, text/event-stream")
	if session != "" {
		request.Header.Set("Mcp-Session-Id", session)
		request.Header.Set("Mcp-Protocol-Version", "2025-06-18")
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode/100 != 2 {
		said, _ := io.ReadAll(io.LimitReader(answer.Body, 300))
		answer.Body.Close()
		return nil, &refusal{answer.StatusCode, string(said)}
	}
	return answer, nil
}

// refusal is an answer of HTTP that is none of MCP.
type refusal struct {
	status int
	said   string
}

func (r *refusal) Error() string { return fmt.Sprintf("HTTP %d", r.status) }
