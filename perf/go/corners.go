package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"strings"

	"github.com/syndtr/goleveldb/leveldb/comparer"
	"github.com/syndtr/goleveldb/leveldb/iterator"
	"github.com/syndtr/goleveldb/leveldb/memdb"
)

func init() { subcommands["corners"] = cornersCommand }

// corners are the cases that traces avoid, since flat-memdb does better there on purpose, and a few close to them where
// both agree. Each is a sequence of calls; spec/support/corners.ts makes the same calls on flat-memdb.
var corners = []struct{ name, calls string }{
	{"the key under the cursor and the one after it are deleted",
		"put a 1; put b 2; put c 3; put d 4; seek b; delete b; delete c; next; prev"},
	{"a key is put behind the deleted key under the cursor",
		"put a 1; put b 2; put d 4; seek b; delete b; put c 3; next; prev"},
	{"the key under the cursor is deleted and put again, with a new neighbour",
		"put a 1; put b 2; put c 3; seek b; delete b; put b 9; put bb 8; next; prev"},
	{"the only key is deleted under the cursor and another one put",
		"put a 1; first; delete a; put b 2; next; first"},
	{"every key is deleted as soon as the cursor stands on it",
		"put a 1; put b 2; put c 3; first; delete a; next; delete b; next; delete c; next; prev"},
	{"the value under the cursor is replaced",
		"put a 1; put b 2; first; entry; put a 10; entry; next; prev"},
	{"the key under the cursor is deleted: going back",
		"put a 1; put b 2; put c 3; seek b; delete b; prev; next"},
	{"a larger key is put when the cursor is past the end",
		"put a 1; first; next; put b 2; next; prev; next"},
	{"a smaller key is put when the cursor is before the beginning",
		"put b 2; last; prev; put a 1; prev; next; prev"},
	{"the DB is reset under a cursor: next", "put a 1; put b 2; first; reset; next"},
	{"the DB is reset under a cursor: prev", "put a 1; put b 2; last; reset; prev"},
	{"the DB is reset under a cursor: first", "put a 1; put b 2; first; reset; first"},
	{"the DB is reset under a cursor and filled anew", "put a 1; put b 2; first; reset; put x 7; put y 8; entry; next"},
	{"the cursor is moved after its release",
		"put a 1; first; release; valid; first; last; next; prev; seek a; release; entry"},
	{"the order calls keys of different lengths equal",
		"order numeric; put 07 x; put 7 y; get 7; get 007; first; size; length"},
}

type corner struct {
	Name  string       `json:"name"`
	Steps []cornerStep `json:"steps"`
}

type cornerStep struct {
	Call   string `json:"call"`
	Result string `json:"result"`
}

func cornersCommand(args []string) error {
	flags := flag.NewFlagSet("corners", flag.ExitOnError)
	out := flags.String("out", "", "file to write (default: standard output)")
	flags.Parse(args)
	recording := struct {
		Goleveldb string   `json:"goleveldb"`
		Corners   []corner `json:"corners"`
	}{Goleveldb: goleveldbVersion()}
	for _, c := range corners {
		recorded := corner{Name: c.name}
		s := newCornerState(comparer.DefaultComparer)
		for _, call := range strings.Split(c.calls, "; ") {
			recorded.Steps = append(recorded.Steps, cornerStep{call, s.run(call)})
		}
		recording.Corners = append(recording.Corners, recorded)
	}
	return writeJSON(*out, recording)
}

type cornerState struct {
	db     *memdb.DB
	cursor iterator.Iterator
}

func newCornerState(order comparer.BasicComparer) *cornerState {
	db := memdb.New(order, 4096)
	return &cornerState{db, db.NewIterator(nil)}
}

func (s *cornerState) run(call string) (result string) {
	defer func() {
		if reason := recover(); reason != nil {
			result = fmt.Sprint("panics: ", reason)
		}
	}()
	words := strings.Fields(call + " . .")
	a, b := []byte(words[1]), []byte(words[2])
	switch words[0] {
	case "order":
		*s = *newCornerState(order(compareNumeric))
		return "done"
	case "put":
		return done(s.db.Put(a, b))
	case "delete":
		return done(s.db.Delete(a))
	case "get":
		value, err := s.db.Get(a)
		if err != nil {
			return done(err)
		}
		return string(value)
	case "size":
		return fmt.Sprint(s.db.Size())
	case "length":
		return fmt.Sprint(s.db.Len())
	case "reset":
		s.db.Reset()
		return "done"
	case "release":
		s.cursor.Release()
		return "done"
	case "valid":
		return fmt.Sprint(s.cursor.Valid())
	case "entry":
		return s.entry()
	case "first":
		return s.moved(s.cursor.First())
	case "last":
		return s.moved(s.cursor.Last())
	case "next":
		return s.moved(s.cursor.Next())
	case "prev":
		return s.moved(s.cursor.Prev())
	case "seek":
		return s.moved(s.cursor.Seek(a))
	}
	panic("no such call: " + call)
}

func (s *cornerState) moved(ok bool) string {
	if err := s.cursor.Error(); err != nil {
		return fmt.Sprintf("%t: %v", ok, err)
	}
	if !ok {
		return "false"
	}
	return s.entry()
}

func (s *cornerState) entry() string {
	if s.cursor.Key() == nil {
		return "none"
	}
	return fmt.Sprintf("%s=%s", s.cursor.Key(), s.cursor.Value())
}

func done(err error) string {
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, memdb.ErrNotFound):
		return "not found"
	}
	return err.Error()
}

// compareNumeric ignores leading zeros.
func compareNumeric(a, b []byte) int {
	return compareLengthFirst(bytes.TrimLeft(a, "0"), bytes.TrimLeft(b, "0"))
}
