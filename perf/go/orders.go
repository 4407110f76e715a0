package main

import (
	"encoding/hex"
	"flag"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/comparer"
	"github.com/syndtr/goleveldb/leveldb/memdb"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/storage"
)

func init() { subcommands["orders"] = ordersCommand }

// ordersRecording is read by spec/support/orders.ts. All keys are in hexadecimal; null is goleveldb's nil, which means
// that the first key stays as it is.
type ordersRecording struct {
	Goleveldb string            `json:"goleveldb"`
	Bytewise  shortenedKeys     `json:"bytewise"`
	Internal  internalRecording `json:"internal"`
}

type shortenedKeys struct {
	Separators []separator `json:"separators"`
	Successors []successor `json:"successors"`
}

type separator struct {
	A         string  `json:"a"`
	B         string  `json:"b"`
	Separator *string `json:"separator"`
}

type successor struct {
	B         string  `json:"b"`
	Successor *string `json:"successor"`
}

type internalRecording struct {
	shortenedKeys
	// In goleveldb's order.
	Keys        []internalKey        `json:"keys"`
	Comparisons []internalComparison `json:"comparisons"`
}

// internalKey is what goleveldb made of a put or a delete with this sequence number.
type internalKey struct {
	UserKey  string `json:"userKey"`
	Sequence string `json:"sequence"` // decimal: too large for a JavaScript number
	Type     int    `json:"type"`
	Key      string `json:"key"`
}

// internalComparison is the sign of a comparison of two internal keys.
type internalComparison struct {
	A    string `json:"a"`
	B    string `json:"b"`
	Sign int    `json:"sign"`
}

func ordersCommand(args []string) error {
	flags := flag.NewFlagSet("orders", flag.ExitOnError)
	seed := flags.Uint("seed", 1, "a 32-bit number")
	pairs := flags.Int("pairs", 2000, "pairs of keys to separate, and internal keys to order")
	out := flags.String("out", "", "file to write, compressed if it ends in .gz (default: standard output)")
	flags.Parse(args)
	source := newPairSource(uint32(*seed))
	recording := ordersRecording{Goleveldb: goleveldbVersion()}
	for i := 0; i < *pairs; i++ {
		a, b := source.pair()
		recording.Bytewise.shorten(comparer.DefaultComparer, a, b)
	}
	internal, err := recordInternal(source, *pairs)
	if err != nil {
		return err
	}
	recording.Internal = internal
	return writeJSON(*out, recording)
}

func (s *shortenedKeys) shorten(order comparer.Comparer, a, b []byte) {
	s.Separators = append(s.Separators, separator{text(a), text(b), optionalHex(order.Separator(nil, a, b))})
	s.Successors = append(s.Successors, successor{text(b), optionalHex(order.Successor(nil, b))})
}

func text(key []byte) string { return hex.EncodeToString(key) }

func optionalHex(key []byte) *string {
	if key == nil {
		return nil
	}
	encoded := text(key)
	return &encoded
}

// recordInternal lets goleveldb make internal keys: it opens a database in memory, sets the sequence number before each
// write, and reads what ends up in the database's memdb, in the order in which it lies there.
func recordInternal(source *pairSource, count int) (recording internalRecording, err error) {
	db, err := leveldb.Open(storage.NewMemStorage(), &opt.Options{WriteBuffer: 64 << 20})
	if err != nil {
		return recording, err
	}
	defer db.Close()
	fields := reflect.ValueOf(db).Elem()
	lastSequence := unexported[uint64](fields, "seq")
	entries := *unexported[*memdb.DB](fields.FieldByName("mem").Elem(), "DB")
	kvData := unexported[[]byte](reflect.ValueOf(entries).Elem(), "kvData")
	// Its type is unexported, but its methods are those of a comparer.
	icmp := fields.FieldByName("s").Elem().FieldByName("icmp")
	order := reflect.NewAt(icmp.Type(), icmp.Addr().UnsafePointer()).Elem().Interface().(comparer.Comparer)

	var keys [][]byte
	made := map[string]internalKey{}
	known := map[string]bool{}
	for len(keys) < count {
		userKey, sequence, valueType := source.userKey(), source.sequence(), source.draw.below(2)
		name := fmt.Sprintf("%x %d %d", userKey, sequence, valueType)
		if known[name] {
			continue
		}
		known[name] = true
		used := len(*kvData)
		atomic.StoreUint64(lastSequence, sequence-1)
		if valueType == 1 {
			err = db.Put(userKey, nil, nil)
		} else {
			err = db.Delete(userKey, nil)
		}
		if err != nil {
			return recording, err
		}
		// The value is empty, so that what was appended is the key.
		key := append([]byte(nil), (*kvData)[used:]...)
		keys = append(keys, key)
		made[string(key)] = internalKey{text(userKey), fmt.Sprint(sequence), valueType, text(key)}
	}
	keys = keys[:0]
	for cursor := entries.NewIterator(nil); cursor.Next(); {
		keys = append(keys, cursor.Key())
		recording.Keys = append(recording.Keys, made[string(cursor.Key())])
	}
	for i := 0; i < count; i++ {
		at, other := source.draw.below(count), source.draw.below(count)
		if source.draw.below(2) == 0 {
			other = max(0, min(at+source.draw.below(9)-4, count-1)) // often of the same user key
		}
		a, b := keys[at], keys[other]
		recording.Comparisons = append(recording.Comparisons,
			internalComparison{text(a), text(b), order.Compare(a, b)})
		recording.shorten(order, a, b)
	}
	return recording, nil
}

// pairSource draws pairs of keys that are alike in many ways, with the key shapes of a trace.
type pairSource struct {
	*trace
	edges    [][2]string
	userKeys [][]byte
}

func newPairSource(seed uint32) *pairSource {
	t := newTrace(seed)
	t.profile.Space, t.profile.Shape = 300, shapeCount
	return &pairSource{trace: t, edges: [][2]string{
		{"", ""}, {"", "a"}, {"a", ""}, {"a", "a"}, {"a", "b"}, {"a", "c"}, {"c", "a"}, {"abc", "abd"}, {"abc", "abe"},
		{"ab", "abc"}, {"abc", "ab"}, {"ab\xff", "ac"}, {"ab\xff", "ad"}, {"\xff", "\xff\xff"}, {"\xff\xff", "\xff"},
		{"\xfe", "\xff"}, {"\xfd", "\xff"}, {"\xfd\xff", "\xff\xff"}, {"\x00", "\x01"}, {"\x00", "\x02"}, {"\x00\x00", "\x00"},
		{"\x00a", "\x02"}, {"\x7f", "\x81"}, {"\x7f", "\x80"}, {"\xff\x00a", "\xff\x02"}, {"\xff\xff\xfe", "\xff\xff\xff"},
	}}
}

func (s *pairSource) pair() (a, b []byte) {
	if len(s.edges) > 0 {
		edge := s.edges[0]
		s.edges = s.edges[1:]
		return []byte(edge[0]), []byte(edge[1])
	}
	a = s.freshKey()
	at := s.draw.below(len(a) + 1)
	switch s.draw.below(6) {
	case 0:
		b = s.freshKey()
	case 1:
		b = s.neighbour(a)
	case 2:
		b = concat(a, s.freshKey())
	case 3:
		b = concat(a[:at], s.freshKey())
	case 4:
		b = concat(a, nil)
		if at < len(b) {
			b[at] += byte(1 + s.draw.below(3))
		}
	case 5:
		b = a
	}
	if s.draw.below(4) == 0 {
		return b, a
	}
	return a, b
}

// userKey comes from a small set, so that many internal keys share one.
func (s *pairSource) userKey() []byte {
	if len(s.userKeys) == 0 {
		s.userKeys = append(s.userKeys, []byte{}, []byte{0}, []byte{0xff}, []byte{0xff, 0xff})
	}
	if s.draw.below(4) == 0 && len(s.userKeys) < 400 {
		a, b := s.pair()
		s.userKeys = append(s.userKeys, a, b)
	}
	return s.userKeys[s.draw.below(len(s.userKeys))]
}

// sequence is small, near a power of two, or anything of 56 bits.
func (s *pairSource) sequence() uint64 {
	const bits = 56
	wide := uint64(s.draw.next())<<32 | uint64(s.draw.next())
	switch s.draw.below(4) {
	case 0:
		return uint64(s.draw.below(10))
	case 1:
		return uint64(1) << s.draw.below(bits)
	case 2:
		return uint64(2)<<s.draw.below(bits) - 1
	}
	return wide >> (64 - bits)
}
