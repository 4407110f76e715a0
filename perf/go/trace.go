package main

import "fmt"

// A trace is a sequence of operations on a memdb, drawn from a seed. spec/support/trace.ts draws the same one: each
// function here has its twin there, and both draw the same numbers in the same order.
//
// It needs no model of the DB. It only remembers every key it has ever put (pool) and is told where each cursor stands
// (standing), so that it can aim at neighbours.

const cursorSlots = 4

// profile is what a trace is like as a whole; it is drawn first.
type profile struct {
	Order    string `json:"order"`    // of the keys, see orders in memdb.go
	Heights  string `json:"heights"`  // where node heights come from, see heightSource in memdb.go
	Capacity int    `json:"capacity"` // bytes of kvData reserved at first
	Space    int    `json:"space"`    // how many different numbers occur in keys: few make overwrites and deletes meet
	Shape    int    `json:"shape"`    // the shape of 4 keys in 5; shapeCount: all alike
	Resets   bool   `json:"resets"`   // whether the trace resets the DB now and then
}

const (
	shapeEmpty = iota
	shapeOneByte
	shapeRandom
	shapeDecimal
	shapeURL
	shapeZeros
	shapeOnes
	shapeLetters
	shapeLong
	shapeCount
)

const largestValue = 100 * 1024

// operation is one call. Fields that its kind does not use stay zero.
type operation struct {
	kind         string
	slot         int    // of the cursor
	key          []byte // also what seek looks for
	value        []byte
	start, limit []byte // nil: absent
	forward      bool   // direction of a walk
	steps        int    // length of a walk
}

type trace struct {
	draw     *prng
	profile  profile
	pool     [][]byte
	standing [cursorSlots][]byte // the key under each cursor; nil: none
}

func newTrace(seed uint32) *trace {
	t := &trace{draw: &prng{seed}}
	orders := []string{"bytewise", "bytewise", "bytewise", "bytewise", "bytewise", "reversed", "length first", "letter case ignored"}
	t.profile.Order = orders[t.draw.below(len(orders))]
	t.profile.Heights = []string{"goleveldb's own", "goleveldb's own", "reseeded", "tall"}[t.draw.below(4)]
	t.profile.Capacity = []int{0, 1, 4096, 1 << 20}[t.draw.below(4)]
	t.profile.Space = []int{20, 300, 1000000}[t.draw.below(3)]
	t.profile.Shape = shapeCount
	if t.draw.below(2) == 0 {
		t.profile.Shape = t.draw.below(shapeCount)
	}
	t.profile.Resets = t.draw.below(2) == 0
	return t
}

func (t *trace) next() operation {
	r := t.draw.below(1000)
	switch {
	case r < 1:
		if t.profile.Resets {
			return operation{kind: "reset"}
		}
		return operation{kind: "sizes"}
	case r < 380:
		key := t.pickKey()
		if t.draw.below(2) == 0 {
			key = t.freshKey()
		}
		t.pool = append(t.pool, key)
		return operation{kind: "put", key: key, value: t.value()}
	case r < 480:
		return operation{kind: "delete", key: t.pickKey()}
	case r < 500:
		return operation{kind: "delete", key: t.freshKey()}
	case r < 600:
		return operation{kind: "get", key: t.pickKey()}
	case r < 650:
		return operation{kind: "has", key: t.pickKey()}
	case r < 700:
		return operation{kind: "find", key: t.pickKey()}
	}
	slot := t.draw.below(cursorSlots)
	switch {
	case r < 740:
		start, limit := t.bounds()
		return operation{kind: "iterator", slot: slot, start: start, limit: limit}
	case r < 760:
		return operation{kind: "first", slot: slot}
	case r < 780:
		return operation{kind: "last", slot: slot}
	case r < 830:
		return operation{kind: "seek", slot: slot, key: t.pickKey()}
	case r < 885:
		return operation{kind: "next", slot: slot}
	case r < 940:
		return operation{kind: "prev", slot: slot}
	case r < 965:
		return operation{kind: "walk", slot: slot, forward: t.draw.below(2) == 0, steps: 1 + t.draw.below(64)}
	case r < 975:
		return operation{kind: "read", slot: slot}
	case r < 985:
		return operation{kind: "release", slot: slot}
	}
	return operation{kind: "sizes"}
}

// pickKey is a key that was put before (and may have been deleted since) in 6 of 10 cases, a neighbour of such a key or
// of the key under a cursor in 2, a fresh key in 2.
func (t *trace) pickKey() []byte {
	r := t.draw.below(10)
	switch {
	case r < 7 && len(t.pool) > 0:
		key := t.pool[t.draw.below(len(t.pool))]
		if r == 6 {
			return t.neighbour(key)
		}
		return key
	case r == 7:
		if key := t.standing[t.draw.below(cursorSlots)]; key != nil {
			return t.neighbour(key)
		}
	}
	return t.freshKey()
}

// neighbour is the key itself, the next key, the key without its last byte, or with its last byte raised.
func (t *trace) neighbour(key []byte) []byte {
	r := t.draw.below(4)
	last := len(key) - 1
	switch {
	case r == 1:
		return concat(key, []byte{0})
	case r == 2 && last >= 0:
		return key[:last]
	case r == 3 && last >= 0:
		return concat(key[:last], []byte{key[last] + 1})
	}
	return key
}

func (t *trace) freshKey() []byte {
	shape := t.draw.below(shapeCount)
	if t.profile.Shape < shapeCount && t.draw.below(5) > 0 {
		shape = t.profile.Shape
	}
	switch shape {
	case shapeOneByte:
		return []byte{byte(t.draw.below(256))}
	case shapeRandom:
		key := make([]byte, 1+t.draw.below(40))
		for i := range key {
			key[i] = byte(t.draw.below(256))
		}
		return key
	case shapeDecimal:
		return t.decimal()
	case shapeURL:
		url := fmt.Sprintf("https://host-%d.example.com/library/", t.draw.below(3))
		for i := t.draw.below(3); i > 0; i-- {
			url += "a-long-shared-shelf/"
		}
		return concat([]byte(url), t.decimal())
	case shapeZeros, shapeOnes:
		return t.run(shape)
	case shapeLetters:
		key := make([]byte, 1+t.draw.below(6))
		for i := range key {
			key[i] = "aAbBcC"[t.draw.below(6)]
		}
		return key
	case shapeLong:
		prefix := make([]byte, []int{64, 255, 1000}[t.draw.below(3)])
		for i := range prefix {
			prefix[i] = 'k'
		}
		return concat(prefix, t.decimal())
	}
	return []byte{} // shapeEmpty
}

func (t *trace) decimal() []byte { return []byte(fmt.Sprintf("%016d", t.draw.below(t.profile.Space))) }

// run is up to 24 bytes 0x00, or 0xff, and sometimes one more byte at that end of the alphabet.
func (t *trace) run(shape int) []byte {
	key := make([]byte, 1+t.draw.below(24))
	if t.draw.below(2) == 0 {
		key = append(key, byte(t.draw.below(3)))
	}
	if shape == shapeOnes {
		for i := range key {
			key[i] = 0xff - key[i]
		}
	}
	return key
}

// value is mostly small, sometimes empty, once in a while as large as largestValue.
func (t *trace) value() []byte {
	r := t.draw.below(1000)
	n := 0
	switch {
	case r < 100:
	case r < 700:
		n = t.draw.below(32)
	case r < 960:
		n = t.draw.below(300)
	case r < 998:
		n = t.draw.below(3000)
	case r < 999:
		n = t.draw.below(largestValue + 1)
	default:
		n = largestValue
	}
	first, step := t.draw.below(256), t.draw.below(256)
	value := make([]byte, n)
	for i := range value {
		value[i] = byte(first + i*step + i>>8)
	}
	return value
}

// bounds are absent, empty or picked keys, so that start is often at or above limit; in 1 of 3 cases they enclose the
// keys near a picked one.
func (t *trace) bounds() (start, limit []byte) {
	if t.draw.below(3) == 0 {
		start = t.pickKey()
		return start, concat(start[:t.draw.below(len(start)+1)], []byte{0xff})
	}
	return t.bound(), t.bound()
}

func (t *trace) bound() []byte {
	switch t.draw.below(6) {
	case 0, 1:
		return nil
	case 2:
		return []byte{}
	}
	return t.pickKey()
}

func concat(a, b []byte) []byte { return append(append(make([]byte, 0, len(a)+len(b)), a...), b...) }
