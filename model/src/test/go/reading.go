// Reads JSON bodies as a server in Go does, and prints what it read; see WholeReading.java for the form.
//
// In: a file of bodies, one a line in base64. Out: a line for each.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
)

// Structs match keys whatever their case, and the last of several keys wins.
type message struct {
	ID     any             `json:"id"`
	Method any             `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  json.RawMessage `json:"error"`
}

type params struct {
	Name          any             `json:"name"`
	URI           any             `json:"uri"`
	Arguments     any             `json:"arguments"`
	Task          any             `json:"task"`
	Ref           json.RawMessage `json:"ref"`
	Meta          json.RawMessage `json:"_meta"`
	Notifications json.RawMessage `json:"notifications"`
}

type reference struct {
	Type any `json:"type"`
	Name any `json:"name"`
	URI  any `json:"uri"`
}

type meta struct {
	Version any `json:"io.modelcontextprotocol/protocolVersion"`
}

type notifications struct {
	Subscriptions any `json:"resourceSubscriptions"`
}

func canonical(value any, out *strings.Builder) {
	switch v := value.(type) {
	case nil:
		out.WriteByte('n')
	case bool:
		if v {
			out.WriteByte('t')
		} else {
			out.WriteByte('f')
		}
	case float64:
		fmt.Fprintf(out, "d%016x", math.Float64bits(v+0))
	case string:
		out.WriteByte('s')
		out.WriteString(hex.EncodeToString([]byte(v)))
		out.WriteByte(';')
	case []any:
		out.WriteByte('[')
		for _, item := range v {
			canonical(item, out)
		}
		out.WriteByte(']')
	case map[string]any:
		keys := make([]string, 0, len(v))
		for key := range v {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		out.WriteByte('{')
		for _, key := range keys {
			canonical(key, out)
			canonical(v[key], out)
		}
		out.WriteByte('}')
	default:
		panic(fmt.Sprintf("JSON holds no %T", value))
	}
}

// Fills a struct from a value that is an object; any other leaves it empty.
func into(raw json.RawMessage, target any) error {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return json.Unmarshal(raw, target)
}

func reading(body []byte) (string, error) {
	var whole any
	var m message
	var p params
	var r reference
	var n notifications
	var t meta
	if err := json.Unmarshal(body, &whole); err != nil {
		return "", err
	}
	if _, object := whole.(map[string]any); !object {
		return "", fmt.Errorf("no object")
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return "", err
	}
	for _, step := range []struct {
		raw    *json.RawMessage
		target any
	}{{&m.Params, &p}, {&p.Ref, &r}, {&p.Meta, &t}, {&p.Notifications, &n}} {
		if err := into(*step.raw, step.target); err != nil {
			return "", err
		}
	}
	var out strings.Builder
	canonical(whole, &out)
	out.WriteByte(' ')
	canonical([]any{
		m.ID, m.Method, p.Name, p.URI, p.Arguments, p.Task, r.Type, r.Name, r.URI, t.Version, n.Subscriptions,
		m.Result != nil, m.Error != nil,
	}, &out)
	return out.String(), nil
}

func main() {
	in, err := os.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for lines.Scan() {
		body, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			panic(err)
		}
		line, err := reading(body)
		if err != nil {
			line = "refused"
		}
		fmt.Fprintln(out, line)
	}
	if lines.Err() != nil {
		panic(lines.Err())
	}
}
