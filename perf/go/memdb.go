package main

import (
	"bytes"
	"math/rand"
	"reflect"
	"unsafe"

	"github.com/syndtr/goleveldb/leveldb/comparer"
	"github.com/syndtr/goleveldb/leveldb/memdb"
)

// openedDB is goleveldb's memdb with its unexported parts in sight.
type openedDB struct {
	*memdb.DB
	kvData   *[]byte
	nodeData *[]int
	rnd      **rand.Rand
}

// slotHeight is where a node keeps its height.
const slotHeight = 3

func openDB(order comparer.BasicComparer, capacity int) *openedDB {
	db := memdb.New(order, capacity)
	fields := reflect.ValueOf(db).Elem()
	return &openedDB{
		DB:       db,
		kvData:   unexported[[]byte](fields, "kvData"),
		nodeData: unexported[[]int](fields, "nodeData"),
		rnd:      unexported[*rand.Rand](fields, "rnd"),
	}
}

// unexported is the address of a field of a struct; it panics if the field is missing or has another type.
func unexported[T any](fields reflect.Value, name string) *T {
	field := fields.FieldByName(name)
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Interface().(*T)
}

// slots is nodeData as 32-bit integers, which is how flat-memdb keeps it.
func (db *openedDB) slots(from int) []int32 {
	slots := make([]int32, 0, len(*db.nodeData)-from)
	for _, slot := range (*db.nodeData)[from:] {
		slots = append(slots, int32(slot))
	}
	return slots
}

// reseed decides the heights to come. goleveldb seeds its generator the same way in every DB and at every reset, so on
// their own all traces would have one sequence of heights, and none above 7 or so.
func (db *openedDB) reseed(heights string, seed uint32) {
	switch heights {
	case "reseeded":
		*db.rnd = rand.New(rand.NewSource(int64(seed)))
	case "tall":
		*db.rnd = rand.New(&tallSource{rand.NewSource(int64(seed))})
	}
}

// tallSource makes three of four numbers 0, so that a tower stops growing in a quarter of the cases, not in three.
type tallSource struct{ rand.Source }

func (s *tallSource) Int63() int64 {
	if n := s.Source.Int63(); n>>8&3 == 0 {
		return n | 1
	}
	return 0
}

// orders are the orders of keys that a trace can ask for. Keys that an order calls equal have equal lengths, since
// goleveldb keeps the length of the first one when another replaces it.
var orders = map[string]comparer.BasicComparer{
	"bytewise":            comparer.DefaultComparer,
	"reversed":            order(func(a, b []byte) int { return bytes.Compare(b, a) }),
	"length first":        order(compareLengthFirst),
	"letter case ignored": order(func(a, b []byte) int { return bytes.Compare(lower(a), lower(b)) }),
}

type order func(a, b []byte) int

func (o order) Compare(a, b []byte) int { return o(a, b) }

func compareLengthFirst(a, b []byte) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return bytes.Compare(a, b)
}

func lower(key []byte) []byte {
	lowered := make([]byte, len(key))
	for i, b := range key {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lowered[i] = b
	}
	return lowered
}
