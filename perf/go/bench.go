package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/syndtr/goleveldb/leveldb/comparer"
	"github.com/syndtr/goleveldb/leveldb/memdb"
)

// The subcommand bench measures goleveldb's memdb by the rules of perf/measure.ts: it takes the same job, reads the
// same key files, and prints the same messages.
func init() {
	subcommands["bench"] = bench
}

type benchRow struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	List     string `json:"list"`
	Base     string `json:"base"`
	Reserved bool   `json:"reserved"`
}

type benchJob struct {
	Task       string     `json:"task"`
	Folder     string     `json:"folder"`
	WarmFolder string     `json:"warmFolder"`
	Rows       []benchRow `json:"rows"`
	Metrics    []string   `json:"metrics"`
	ValueBytes int        `json:"valueBytes"`
	MinMs      float64    `json:"minMs"`
	MinReps    int        `json:"minReps"`
	WarmMs     float64    `json:"warmMs"`
	Reserve    bool       `json:"reserve"`
}

const (
	overwriteShift  = 50
	collectAfterMs  = 10.0
	maxRepetitions  = 200
	valuePoolStride = 100
)

func bench(args []string) error {
	if len(args) != 1 {
		return errors.New("bench takes one argument, a job in JSON")
	}
	var job benchJob
	if err := json.Unmarshal([]byte(args[0]), &job); err != nil {
		return fmt.Errorf("the job is not JSON: %w", err)
	}
	if job.Task == "memory" {
		return benchMemory(&job)
	}
	if err := benchRows(&job, job.WarmFolder, job.WarmMs, 1, func(any) {}); err != nil {
		return err
	}
	return benchRows(&job, job.Folder, job.MinMs, job.MinReps, report)
}

func report(message any) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

type metricMessage struct {
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
}

type listMessage struct {
	List string `json:"list"`
	Hash uint32 `json:"hash"`
}

type rowMessage struct {
	Row  string  `json:"row"`
	Ns   float64 `json:"ns"`
	Reps int     `json:"reps"`
	Ops  int     `json:"ops"`
	Sum  int     `json:"sum"`
}

type keyList struct {
	keys  [][]byte
	bytes int
}

// benchFolder holds the key lists of a folder, kept while they may be needed again, and the pool of values.
type benchFolder struct {
	path   string
	pool   []byte
	value  int
	lists  map[string]*keyList
	made   map[int][][]byte // values, by shift
	report func(any)
}

func openBenchFolder(path string, valueBytes int, report func(any)) (*benchFolder, error) {
	pool, err := os.ReadFile(filepath.Join(path, "values"))
	if err != nil {
		return nil, err
	}
	return &benchFolder{path: path, pool: pool, value: valueBytes, lists: map[string]*keyList{}, made: map[int][][]byte{}, report: report}, nil
}

func (f *benchFolder) use(name string) (*keyList, error) {
	if list := f.lists[name]; list != nil {
		return list, nil
	}
	file, err := os.ReadFile(filepath.Join(f.path, name+".keys"))
	if err != nil {
		return nil, err
	}
	hash := uint32(0x811c9dc5)
	for i := 0; i < len(file); i += 4 {
		hash = (hash ^ binary.LittleEndian.Uint32(file[i:])) * 0x01000193
	}
	f.report(listMessage{name, hash})
	count := int(binary.LittleEndian.Uint32(file))
	keyBytes := file[4*(count+2):]
	offset := func(i int) int { return int(binary.LittleEndian.Uint32(file[4*(i+1):])) }
	list := &keyList{keys: make([][]byte, count), bytes: offset(count)}
	for i := range list.keys {
		list.keys[i] = keyBytes[offset(i):offset(i+1):offset(i+1)]
	}
	f.lists[name] = list
	return list, nil
}

// valueOf is the value of the i-th put of a row.
func (f *benchFolder) valueOf(i, shift int) []byte {
	start := (i*valuePoolStride + shift) % (len(f.pool) - f.value)
	return f.pool[start : start+f.value]
}

// values are those of the first count puts of a row, made beforehand as the keys are.
func (f *benchFolder) values(count, shift int) [][]byte {
	values := f.made[shift]
	for i := len(values); i < count; i++ {
		values = append(values, f.valueOf(i, shift))
	}
	f.made[shift] = values
	return values
}

func fill(db *memdb.DB, list *keyList, values [][]byte) (int, error) {
	for i, key := range list.keys {
		if err := db.Put(key, values[i]); err != nil {
			return 0, err
		}
	}
	return len(list.keys), nil
}

func newMemDB(capacity int) *memdb.DB {
	return memdb.New(comparer.DefaultComparer, capacity)
}

func benchRows(job *benchJob, path string, minMs float64, minReps int, report func(any)) error {
	folder, err := openBenchFolder(path, job.ValueBytes, report)
	if err != nil {
		return err
	}
	// What db holds: the entries of the list base, perhaps with replaced values.
	var db *memdb.DB
	base, overwritten := "", false

	rows := slices.Clone(job.Rows)
	sort.SliceStable(rows, func(i, j int) bool { return benchPhase(rows[i]) < benchPhase(rows[j]) })
	for _, row := range rows {
		if strings.Contains(row.Kind, "views") {
			continue // goleveldb's slices are views already
		}
		list := &keyList{}
		if row.List != "" {
			if list, err = folder.use(row.List); err != nil {
				return err
			}
		}
		var values [][]byte
		switch row.Kind {
		case "fill":
			values = folder.values(len(list.keys), 0)
		case "overwrite":
			values = folder.values(len(list.keys), overwriteShift)
		}
		reserve := 0
		if row.Reserved || job.Reserve {
			reserve = list.bytes + len(list.keys)*job.ValueBytes
		}
		var times []float64
		total, uncollected, sum := 0.0, collectAfterMs, 0
		for {
			if row.Kind == "fill" {
				db, base = nil, ""
			} else if base != row.Base || (overwritten && row.Kind != "delete") {
				content, err := folder.use(row.Base)
				if err != nil {
					return err
				}
				db = newMemDB(0)
				if _, err := fill(db, content, folder.values(len(content.keys), 0)); err != nil {
					return err
				}
				base, overwritten = row.Base, false
				uncollected = collectAfterMs
			}
			if uncollected >= collectAfterMs {
				runtime.GC()
				uncollected = 0
			}
			if row.Kind == "fill" {
				db = newMemDB(reserve)
			}
			start := time.Now()
			sum, err = benchPass(db, row, list, values)
			elapsed := float64(time.Since(start).Nanoseconds()) / 1e6
			if err != nil {
				return err
			}
			switch row.Kind {
			case "fill":
				base, overwritten = row.List, false
			case "overwrite":
				overwritten = true
			case "delete":
				base = ""
			}
			times = append(times, elapsed)
			total += elapsed
			uncollected += elapsed
			if (total >= minMs && len(times) >= minReps) || len(times) >= maxRepetitions {
				break
			}
		}
		ops := len(list.keys)
		if ops == 0 {
			content, err := folder.use(row.Base)
			if err != nil {
				return err
			}
			ops = len(content.keys)
		}
		report(rowMessage{row.ID, benchMedian(times) * 1e6 / float64(ops), len(times), ops, sum})
	}
	return nil
}

// benchPhase puts the rows that change the store last, and among the fills the one first needed by others last.
func benchPhase(row benchRow) int {
	switch row.Kind {
	case "fill":
		if row.ID == "fillrandom" || row.ID == "Put" {
			return 1
		}
		return 0
	case "overwrite":
		return 3
	case "delete":
		return 4
	}
	return 2
}

// weigh is what reading a value adds to the sum: its length and, so that its bytes are truly reached, the first.
func weigh(value []byte) int {
	if len(value) == 0 {
		return 0
	}
	return len(value) + int(value[0])
}

func benchPass(db *memdb.DB, row benchRow, list *keyList, values [][]byte) (int, error) {
	sum := 0
	switch row.Kind {
	case "fill", "overwrite":
		return fill(db, list, values)
	case "get":
		for _, key := range list.keys {
			if value, err := db.Get(key); err == nil {
				sum += 1 + weigh(value)
			}
		}
	case "seek":
		cursor := db.NewIterator(nil)
		defer cursor.Release()
		for _, key := range list.keys {
			if cursor.Seek(key) {
				sum += len(cursor.Key()) + weigh(cursor.Value())
			}
		}
	case "scan":
		cursor := db.NewIterator(nil)
		defer cursor.Release()
		for more := cursor.First(); more; more = cursor.Next() {
			sum += len(cursor.Key()) + weigh(cursor.Value())
		}
	case "scan-reverse":
		cursor := db.NewIterator(nil)
		defer cursor.Release()
		for more := cursor.Last(); more; more = cursor.Prev() {
			sum += len(cursor.Key()) + weigh(cursor.Value())
		}
	case "delete":
		for _, key := range list.keys {
			if err := db.Delete(key); err == nil {
				sum++
			}
		}
	default:
		return 0, fmt.Errorf("a row of unknown kind %q", row.Kind)
	}
	return sum, nil
}

func benchMedian(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// benchMemory weighs a filled DB, and times every put while it fills.
func benchMemory(job *benchJob) error {
	folder, err := openBenchFolder(job.Folder, job.ValueBytes, report)
	if err != nil {
		return err
	}
	list, err := folder.use("random")
	if err != nil {
		return err
	}
	durations := make([]time.Duration, len(list.keys))
	before, residentBefore := heapBytes(), residentBytes()
	db := newMemDB(0)
	for i, key := range list.keys {
		value := folder.valueOf(i, 0)
		start := time.Now()
		if err := db.Put(key, value); err != nil {
			return err
		}
		durations[i] = time.Since(start)
	}
	entries := float64(len(list.keys))
	if slices.Contains(job.Metrics, "memory") {
		report(metricMessage{"total-bytes", float64(heapBytes()-before) / entries})
		if residentBefore > 0 {
			report(metricMessage{"resident-bytes", float64(residentBytes()-residentBefore) / entries})
		}
		slots := len(*unexported[[]int](reflect.ValueOf(db).Elem(), "nodeData"))
		report(metricMessage{"index-bytes", float64(slots*strconv.IntSize/8) / entries})
	}
	if slices.Contains(job.Metrics, "stall") {
		slices.Sort(durations)
		ms := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
		rank := int(math.Ceil(0.9999*entries)) - 1
		report(metricMessage{"stall-max", ms(durations[len(durations)-1])})
		report(metricMessage{"stall-p9999", ms(durations[rank])})
	}
	runtime.KeepAlive(db)
	runtime.KeepAlive(folder) // its lists weigh on both sides of the difference
	return nil
}

func heapBytes() int64 {
	debug.FreeOSMemory() // collects, twice over if need be
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// residentBytes is what the process takes of the machine's memory, where the system tells (Linux does); else 0.
func residentBytes() int64 {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var total, resident int64
	if _, err := fmt.Sscan(string(status), &total, &resident); err != nil {
		return 0
	}
	return resident * int64(os.Getpagesize())
}
