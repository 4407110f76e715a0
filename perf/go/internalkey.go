package main

import (
	"encoding/binary"
	"fmt"
	"reflect"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/comparer"
	"github.com/syndtr/goleveldb/leveldb/memdb"
	"github.com/syndtr/goleveldb/leveldb/storage"
)

// goleveldb's memtable is a memdb of internal keys: the user key, then 8 bytes of sequence number and type. Its comparer is
// the real one, taken out of an open database. Keys are made and looked up here as it does that: a batch makes all its keys
// in one buffer, a lookup makes a new one, finds what is there or next, and compares the user keys.

const (
	tagLength   = 8
	typeValue   = 1
	maxSequence = uint64(1)<<56 - 1
)

// userOrder is an interface, as the comparer that goleveldb asks there is.
var userOrder comparer.Comparer = comparer.DefaultComparer

// newMemtable makes empty memdbs with goleveldb's order of internal keys.
func newMemtable() (func() *memdb.DB, error) {
	db, err := leveldb.Open(storage.NewMemStorage(), nil)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	entries := *unexported[*memdb.DB](reflect.ValueOf(db).Elem().FieldByName("mem").Elem(), "DB")
	order := *unexported[comparer.BasicComparer](reflect.ValueOf(entries).Elem(), "cmp")
	return func() *memdb.DB { return memdb.New(order, 0) }, nil
}

func writeInternalKey(buffer, userKey []byte, sequence uint64) []byte {
	length := len(userKey) + tagLength
	if cap(buffer) < length {
		buffer = make([]byte, length)
	}
	buffer = buffer[:length]
	copy(buffer, userKey)
	binary.LittleEndian.PutUint64(buffer[len(userKey):], sequence<<8|typeValue)
	return buffer
}

// memtableGet finds the newest version of a user key.
func memtableGet(db *memdb.DB, userKey []byte) ([]byte, bool) {
	sought := writeInternalKey(nil, userKey, maxSequence)
	found, value, err := db.Find(sought)
	if err != nil {
		return nil, false
	}
	tagStart := len(found) - tagLength
	isValue := binary.LittleEndian.Uint64(found[tagStart:])&0xff == typeValue
	if userOrder.Compare(found[:tagStart], sought[:len(userKey)]) != 0 || !isValue {
		return nil, false
	}
	return value, true
}

// memtablePass is benchPass for a memtable. Sequence numbers rise with each put.
func memtablePass(db *memdb.DB, row benchRow, list *keyList, values [][]byte) (int, error) {
	sum := 0
	switch row.Kind {
	case "fill":
		var key []byte
		for i, userKey := range list.keys {
			key = writeInternalKey(key, userKey, uint64(i+1))
			if err := db.Put(key, values[i]); err != nil {
				return 0, err
			}
		}
		return len(list.keys), nil
	case "get":
		for _, userKey := range list.keys {
			if value, found := memtableGet(db, userKey); found {
				sum += 1 + weigh(value)
			}
		}
		return sum, nil
	case "seek":
		cursor := db.NewIterator(nil)
		defer cursor.Release()
		for _, userKey := range list.keys {
			if cursor.Seek(writeInternalKey(nil, userKey, maxSequence)) {
				sum += len(cursor.Key()) + weigh(cursor.Value())
			}
		}
		return sum, nil
	case "scan":
		return benchPass(db, row, list, values)
	}
	return 0, fmt.Errorf("a row of unknown kind %q", row.Kind)
}
