package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"github.com/syndtr/goleveldb/leveldb/comparer"
	"github.com/syndtr/goleveldb/leveldb/iterator"
	"github.com/syndtr/goleveldb/leveldb/memdb"
	"github.com/syndtr/goleveldb/leveldb/util"
)

func init() { subcommands["trace"] = traceCommand }

func traceCommand(args []string) error {
	flags := flag.NewFlagSet("trace", flag.ExitOnError)
	seeds := flags.String("seeds", "1", "comma-separated seeds, each a 32-bit number; one trace for each")
	operations := flags.Int("operations", 5000, "operations in a trace")
	full := flags.Bool("full", false, "write every result and both arrays as well, not only their digests")
	out := flags.String("out", "", "file to write, compressed if it ends in .gz (default: standard output)")
	flags.Parse(args)
	recording := traceRecording{Goleveldb: goleveldbVersion(), Operations: *operations}
	for _, text := range strings.Split(*seeds, ",") {
		seed, err := strconv.ParseUint(text, 0, 32)
		if err != nil {
			return err
		}
		recording.Traces = append(recording.Traces, replay(uint32(seed), *operations, *full))
	}
	return writeJSON(*out, recording)
}

// traceRecording is read by spec/support/replay.ts.
type traceRecording struct {
	Goleveldb  string          `json:"goleveldb"`
	Operations int             `json:"operations"`
	Traces     []recordedTrace `json:"traces"`
}

type recordedTrace struct {
	Seed    uint32  `json:"seed"`
	Profile profile `json:"profile"`
	// One hexadecimal digit for each node ever made, in the order of their making.
	Heights string `json:"heights"`
	// One byte for each operation: a digest of the texts of all operations so far.
	Digests []byte `json:"digests"`
	// The texts themselves, in a full recording.
	Results     []string     `json:"results,omitempty"`
	Checkpoints []checkpoint `json:"checkpoints"`
}

// checkpoint is the whole state of the DB after so many operations.
type checkpoint struct {
	Operation int    `json:"operation"`
	Used      int    `json:"used"`
	Slots     int    `json:"slots"`
	Size      int    `json:"size"`
	Length    int    `json:"length"`
	KVData    string `json:"kvData"`   // SHA-256 of the used bytes
	NodeData  string `json:"nodeData"` // SHA-256 of the used slots as little-endian int32
	// The bytes and the slots themselves, in a full recording.
	KVBytes   []byte `json:"kvBytes,omitempty"`
	NodeBytes []byte `json:"nodeBytes,omitempty"`
}

// operationsPerCheckpoint is how often there is one; besides, there is one before each reset and one at the end.
func operationsPerCheckpoint(operations int) int { return max(500, operations/10) }

// replayer runs a trace against goleveldb and notes one line of text for each operation: the call and what it returned.
type replayer struct {
	trace   *trace
	order   comparer.BasicComparer
	db      *openedDB
	cursors [cursorSlots]iterator.Iterator
	heights []byte
}

func replay(seed uint32, operations int, full bool) recordedTrace {
	t := newTrace(seed)
	order := orders[t.profile.Order]
	r := &replayer{trace: t, order: order, db: openDB(order, t.profile.Capacity)}
	r.db.reseed(t.profile.Heights, seed)
	recorded := recordedTrace{Seed: seed, Profile: t.profile, Digests: make([]byte, 0, operations)}
	hash := fnvStart
	for i := 0; i < operations; i++ {
		op := t.next()
		if op.kind == "reset" {
			recorded.Checkpoints = append(recorded.Checkpoints, r.checkpoint(i, full))
		}
		text := r.run(op)
		if op.kind == "reset" {
			r.db.reseed(t.profile.Heights, seed+uint32(i))
		}
		hash = hash.add([]byte(text)).add([]byte{'\n'})
		recorded.Digests = append(recorded.Digests, byte(mix(uint32(hash))))
		if full {
			recorded.Results = append(recorded.Results, text)
		}
		if (i+1)%operationsPerCheckpoint(operations) == 0 || i+1 == operations {
			recorded.Checkpoints = append(recorded.Checkpoints, r.checkpoint(i+1, full))
		}
	}
	recorded.Heights = string(r.heights)
	return recorded
}

func (r *replayer) checkpoint(operation int, full bool) checkpoint {
	kvData := append([]byte(nil), *r.db.kvData...)
	slots := r.db.slots(0)
	nodeData := make([]byte, 0, 4*len(slots))
	for _, slot := range slots {
		nodeData = binary.LittleEndian.AppendUint32(nodeData, uint32(slot))
	}
	kvHash, nodeHash := sha256.Sum256(kvData), sha256.Sum256(nodeData)
	point := checkpoint{
		Operation: operation,
		Used:      len(kvData),
		Slots:     len(slots),
		Size:      r.db.Size(),
		Length:    r.db.Len(),
		KVData:    hex.EncodeToString(kvHash[:]),
		NodeData:  hex.EncodeToString(nodeHash[:]),
	}
	if full {
		point.KVBytes, point.NodeBytes = kvData, nodeData
	}
	return point
}

func (r *replayer) run(op operation) string {
	switch op.kind {
	case "put":
		return fmt.Sprintf("put %s %s = %s", show(op.key), show(op.value), r.put(op.key, op.value))
	case "delete":
		// What a cursor does when its own key is deleted is where flat-memdb differs on purpose.
		released := r.release(func(slot int) bool {
			standing := r.trace.standing[slot]
			return standing != nil && r.order.Compare(standing, op.key) == 0
		})
		return fmt.Sprintf("delete %s =%s %t", show(op.key), released, found(r.db.Delete(op.key)))
	case "get":
		value, err := r.db.Get(op.key)
		if !found(err) {
			return fmt.Sprintf("get %s = none", show(op.key))
		}
		return fmt.Sprintf("get %s = %s", show(op.key), show(value))
	case "has":
		return fmt.Sprintf("has %s = %t", show(op.key), r.db.Contains(op.key))
	case "find":
		key, value, err := r.db.Find(op.key)
		if !found(err) {
			return fmt.Sprintf("find %s = none", show(op.key))
		}
		return fmt.Sprintf("find %s = %s %s", show(op.key), show(key), show(value))
	case "sizes":
		return fmt.Sprintf("sizes = size %d used %d length %d", r.db.Size(), r.db.Capacity()-r.db.Free(), r.db.Len())
	case "reset":
		// So is what a cursor does after a reset.
		released := r.release(func(int) bool { return true })
		r.db.Reset()
		return "reset =" + released
	case "iterator":
		if cursor := r.cursors[op.slot]; cursor != nil {
			cursor.Release()
		}
		// goleveldb makes no difference between no range at all and one without bounds; both are drawn.
		var bounds *util.Range
		if op.start != nil || op.limit != nil {
			bounds = &util.Range{Start: op.start, Limit: op.limit}
		}
		r.cursors[op.slot] = r.db.NewIterator(bounds)
		r.trace.standing[op.slot] = nil
		return fmt.Sprintf("iterator %d [%s, %s)", op.slot, showBound(op.start), showBound(op.limit))
	}

	call := fmt.Sprintf("%s %d", op.kind, op.slot)
	if op.kind == "seek" {
		call += " " + show(op.key)
	}
	cursor := r.cursors[op.slot]
	if cursor == nil {
		return call + " = no iterator"
	}
	switch op.kind {
	case "first":
		return call + " = " + r.moved(op.slot, cursor.First())
	case "last":
		return call + " = " + r.moved(op.slot, cursor.Last())
	case "seek":
		return call + " = " + r.moved(op.slot, cursor.Seek(op.key))
	case "next":
		return call + " = " + r.moved(op.slot, cursor.Next())
	case "prev":
		return call + " = " + r.moved(op.slot, cursor.Prev())
	case "walk":
		return call + " = " + r.walk(op)
	case "read":
		return call + " = " + r.read(cursor)
	case "release":
		cursor.Release()
		r.trace.standing[op.slot] = nil
		return call
	}
	panic("no such operation: " + op.kind)
}

// put tells the slots of a new node.
func (r *replayer) put(key, value []byte) string {
	before := len(*r.db.nodeData)
	if err := r.db.Put(key, value); err != nil {
		return err.Error()
	}
	used := len(*r.db.kvData)
	if len(*r.db.nodeData) == before {
		return fmt.Sprintf("replaced, used %d", used)
	}
	slots := r.db.slots(before)
	r.heights = strconv.AppendInt(r.heights, int64(slots[slotHeight]), 16)
	return fmt.Sprintf("new, used %d, slots %s", used, strings.Join(strings.Fields(fmt.Sprint(slots)), ","))
}

// release releases the cursors of which the condition holds, and tells which.
func (r *replayer) release(condition func(slot int) bool) string {
	released := ""
	for slot, cursor := range r.cursors {
		if cursor != nil && condition(slot) {
			cursor.Release()
			r.trace.standing[slot] = nil
			released += fmt.Sprintf(" released %d,", slot)
		}
	}
	return released
}

// moved tells what a move returned and where the cursor stands now.
func (r *replayer) moved(slot int, ok bool) string {
	cursor := r.cursors[slot]
	r.trace.standing[slot] = nil
	if errors.Is(cursor.Error(), memdb.ErrIterReleased) {
		return fmt.Sprintf("released, valid %t", ok || cursor.Valid())
	}
	if !ok {
		return fmt.Sprintf("false, valid %t", cursor.Valid() || cursor.Key() != nil || cursor.Value() != nil)
	}
	r.trace.standing[slot] = append([]byte{}, cursor.Key()...)
	return fmt.Sprintf("true, valid %t, %s %s", cursor.Valid(), show(cursor.Key()), show(cursor.Value()))
}

// walk makes one move after the other in one direction, until the end or for so many steps.
func (r *replayer) walk(op operation) string {
	cursor, hash, count := r.cursors[op.slot], fnvStart, 0
	result := ""
	for count < op.steps {
		ok := false
		if op.forward {
			ok = cursor.Next()
		} else {
			ok = cursor.Prev()
		}
		result = r.moved(op.slot, ok)
		hash = hash.add([]byte(result))
		if !ok {
			break
		}
		count++
	}
	return fmt.Sprintf("forward %t, %d steps #%08x, %s", op.forward, count, uint32(hash), result)
}

// read looks at a cursor that has not moved since something else was called. The value is left out, since a value
// replaced under the cursor is where flat-memdb differs on purpose, and with it the spelling of the key.
func (r *replayer) read(cursor iterator.Iterator) string {
	if !cursor.Valid() {
		return "valid false"
	}
	if r.trace.profile.Order == "letter case ignored" {
		return "valid true"
	}
	return "valid true, " + show(cursor.Key())
}

func found(err error) bool {
	if err != nil && !errors.Is(err, memdb.ErrNotFound) {
		panic(err)
	}
	return err == nil
}

// show writes bytes in a few characters: the length, the first bytes, and a hash if those are not all.
func show(b []byte) string {
	const whole = 24
	if len(b) <= whole {
		return fmt.Sprintf("%d:%x", len(b), b)
	}
	return fmt.Sprintf("%d:%x#%08x", len(b), b[:whole/2], uint32(fnvStart.add(b)))
}

func showBound(b []byte) string {
	if b == nil {
		return "absent"
	}
	return show(b)
}
