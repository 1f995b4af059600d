package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What nobody has answered by then is lost.
const patience = 30 * time.Second

var (
	caller = &http.Client{Timeout: patience}
	number atomic.Int64
	output sync.Mutex
)

// steady never returns.
func steady(url string) {
	go func() {
		for session := ""; ; time.Sleep(250 * time.Millisecond) {
			session = numbered("lasting", url, session)
		}
	}()
	for ; ; time.Sleep(time.Second) {
		if session := numbered("new", url, ""); session != "" {
			if ended, err := send(caller, "DELETE", url, session, ""); err == nil {
				ended.Body.Close()
			}
		}
	}
}

// numbered makes one call, in a session or in one that it opens, tells what came of it, and gives the session unless it is spent.
func numbered(in, url, session string) string {
	n := number.Add(1)
	from := time.Now().UnixNano()
	session, outcome, why := call(n, url, session)
	line, _ := json.Marshal(map[string]any{"call": n, "in": in, "outcome": outcome, "why": why, "from": from, "to": time.Now().UnixNano()})
	output.Lock()
	defer output.Unlock()
	os.Stdout.Write(append(line, '\n'))
	if outcome != "answered" {
		return ""
	}
	return session
}

func call(n int64, url, session string) (string, string, string) {
	if session == "" {
		first, err := send(caller, "POST", url, "", initialize)
		if err != nil {
			return failed(err)
		}
		session = first.Header.Get("Mcp-Session-Id")
		_, err = io.Copy(io.Discard, first.Body)
		first.Body.Close()
		if err != nil {
			return failed(err)
		}
		second, err := send(caller, "POST", url, session, ready)
		if err != nil {
			return failed(err)
		}
		second.Body.Close()
	}
	body := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":{"message":"number %d."}}}`, n, n)
	answer, err := send(caller, "POST", url, session, body)
	if err != nil {
		return failed(err)
	}
	said, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	if err != nil {
		return failed(err)
	}
	if bytes.Contains(said, []byte(fmt.Sprintf("Echo: number %d.", n))) {
		return session, "answered", ""
	}
	if bytes.Contains(said, []byte(`"error"`)) {
		return session, "refused", clipped(string(said))
	}
	return session, "error", "cut short: " + clipped(string(said))
}

func failed(err error) (string, string, string) {
	var refused *refusal
	var slow net.Error
	switch {
	case errors.As(err, &refused):
		return "", "refused", fmt.Sprintf("HTTP %d %s", refused.status, refused.said)
	case errors.As(err, &slow) && slow.Timeout():
		return "", "lost", err.Error()
	default:
		return "", "error", err.Error()
	}
}

func clipped(text string) string {
	return strings.TrimSpace(text[:min(len(text), 300)])
}
