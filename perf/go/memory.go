package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/syndtr/goleveldb/leveldb/comparer"
)

// The subcommand memory puts goleveldb's memdb through a scenario of perf/memory by the rules of perf/memory/worker.ts: it
// takes the same job, makes the same calls, and prints the same figures.
func init() {
	subcommands["memory"] = memory
}

type memoryJob struct {
	Store   string `json:"store"`
	Kind    string `json:"kind"`
	Entries int    `json:"entries"`
	Turns   int    `json:"turns"`
}

type memorySample struct {
	Calls    int   `json:"calls"`
	Resident int64 `json:"resident"`
	Live     int   `json:"live"`
	Arrays   int   `json:"arrays"`
}

type memoryMeasured struct {
	Calls     int            `json:"calls"`
	Ns        float64        `json:"ns"`
	Longest   float64        `json:"longest"`
	Empty     int64          `json:"empty"`
	Highest   int64          `json:"highest"`
	Collected int64          `json:"collected"`
	Live      int            `json:"live"`
	Garbage   int            `json:"garbage"`
	Excess    int            `json:"excess"`
	Arrays    int            `json:"arrays"`
	LoadNs    *float64       `json:"loadNs"`
	Samples   []memorySample `json:"samples"`
}

const (
	memoryKeyBytes   = 16
	memoryValueBytes = 100
	memoryIndexBytes = 64
	memorySamples    = 200
	memorySeed       = 20240229
)

// random is the generator of perf/random.ts, draw for draw.
type random struct{ a, b, c, d int32 }

func newRandom(seed int32) *random {
	b, c, d := uint32(0x9e3779b9), uint32(0x243f6a88), uint32(0xb7e15162)
	r := &random{seed, int32(b), int32(c), int32(d)}
	for i := 0; i < 16; i++ {
		r.next()
	}
	return r
}

func (r *random) next() uint32 {
	t := r.a ^ r.a<<11
	r.a, r.b, r.c = r.b, r.c, r.d
	r.d = r.d ^ int32(uint32(r.d)>>19) ^ t ^ int32(uint32(t)>>8)
	return uint32(r.d)
}

func (r *random) below(limit int) int {
	return int(float64(r.next()) / (1 << 32) * float64(limit))
}

func writeDigits(key []byte, number int) {
	for i := len(key) - 1; i >= 0; i-- {
		key[i] = byte('0' + number%10)
		number /= 10
	}
}

// mostResident is the most resident bytes the process ever had, where the system tells; else 0.
func mostResident() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}

func memory(args []string) error {
	if len(args) != 1 {
		return errors.New("memory takes one argument, a job in JSON")
	}
	var job memoryJob
	if err := json.Unmarshal([]byte(args[0]), &job); err != nil {
		return fmt.Errorf("the job is not JSON: %w", err)
	}
	isWindow, isOverwrite, isDelete := job.Kind == "window", job.Kind == "overwrite", job.Kind == "delete"
	calls := 1
	if isWindow {
		calls = 2
	}
	draws := newRandom(memorySeed)
	var order []int32
	if isDelete {
		order = make([]int32, job.Entries)
		for i := range order {
			order[i] = int32(i)
		}
		for i := job.Entries - 1; i > 0; i-- {
			j := draws.below(i + 1)
			order[i], order[j] = order[j], order[i]
		}
	}
	db := openDB(comparer.DefaultComparer, 0)
	key, value := make([]byte, memoryKeyBytes), make([]byte, memoryValueBytes)
	put := func(number int) error {
		writeDigits(key, number)
		value[0] = byte(number)
		return db.Put(key, value)
	}
	remove := func(number int) error {
		writeDigits(key, number)
		return db.Delete(key)
	}
	samples := make([]memorySample, 0, memorySamples+2)
	mostBefore, empty := mostResident(), residentBytes()
	take := func(turns int) {
		samples = append(samples, memorySample{
			turns * calls,
			residentBytes() - empty,
			db.Size() + memoryIndexBytes*db.Len(),
			cap(*db.kvData) + cap(*db.nodeData)*strconv.IntSize/8,
		})
	}
	for i := 0; i < job.Entries; i++ {
		if err := put(i); err != nil {
			return err
		}
	}
	take(0)

	sampleEvery := (job.Turns + memorySamples - 1) / memorySamples
	var longest, aside time.Duration
	start := time.Now()
	before := start
	for turn := 0; turn < job.Turns; turn++ {
		if !isDelete {
			number := job.Entries + turn
			if isOverwrite {
				number = draws.below(job.Entries)
			}
			if err := put(number); err != nil {
				return err
			}
			now := time.Now()
			longest = max(longest, now.Sub(before))
			before = now
		}
		if !isOverwrite {
			number := turn
			if isDelete {
				number = int(order[turn])
			}
			if err := remove(number); err != nil {
				return err
			}
			now := time.Now()
			longest = max(longest, now.Sub(before))
			before = now
		}
		if (turn+1)%sampleEvery == 0 {
			take(turn + 1)
			now := time.Now()
			aside += now.Sub(before)
			before = now
		}
	}
	elapsed := before.Sub(start) - aside
	if job.Turns%sampleEvery != 0 {
		take(job.Turns)
	}

	measured := memoryMeasured{
		Calls:   job.Turns * calls,
		Ns:      float64(elapsed.Nanoseconds()) / float64(job.Turns*calls),
		Longest: float64(longest.Nanoseconds()) / 1e6,
		Empty:   empty,
		Live:    samples[len(samples)-1].Live,
		Garbage: len(*db.kvData) - db.Size(),
		Arrays:  samples[len(samples)-1].Arrays,
		Samples: samples,
	}
	measured.Excess = measured.Garbage - db.Size()
	for _, sample := range samples {
		measured.Highest = max(measured.Highest, sample.Resident)
	}
	if most := mostResident(); most > mostBefore {
		measured.Highest = max(measured.Highest, most-empty)
	}
	heapBytes() // collects, and gives back
	measured.Collected = residentBytes() - empty
	runtime.KeepAlive(db)
	report(measured)
	return nil
}
