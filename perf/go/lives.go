package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/syndtr/goleveldb/leveldb/memdb"
)

// The subcommand lives measures whole lives of goleveldb's memdb by the rules of perf/lives/measure.ts: it takes the same
// job, reads the same key files, and prints the same messages.
func init() {
	subcommands["lives"] = lives
}

type livesJob struct {
	Contestant string    `json:"contestant"`
	Folder     string    `json:"folder"`
	WarmFolder string    `json:"warmFolder"`
	Rows       []lifeRow `json:"rows"`
	ValueBytes int       `json:"valueBytes"`
	LeastWarm  int       `json:"leastWarm"`
	Within     float64   `json:"within"`
	MostWarm   int       `json:"mostWarm"`
	Lives      int       `json:"lives"`
}

type lifeRow struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	List   string `json:"list"`
	Counts bool   `json:"counts"`
}

type lifePassed struct {
	Ms  float64 `json:"ms"`
	Sum int     `json:"sum"`
}

type lifeMessage struct {
	Life map[string]lifePassed `json:"life"`
}

type warmMessage struct {
	Warm int `json:"warm"`
}

// liveStore is a kind of store: how an empty one is made, and its passes.
type liveStore struct {
	open func() *memdb.DB
	pass func(db *memdb.DB, row benchRow, list *keyList, values [][]byte) (int, error)
}

func liveStoreOf(contestant string) (liveStore, error) {
	switch contestant {
	case "goleveldb":
		return liveStore{func() *memdb.DB { return newMemDB(0) }, benchPass}, nil
	case "goleveldb-internal":
		open, err := newMemtable()
		return liveStore{open, memtablePass}, err
	}
	return liveStore{}, fmt.Errorf("%s is not measured by this program", contestant)
}

func lives(args []string) error {
	if len(args) != 1 {
		return errors.New("lives takes one argument, a job in JSON")
	}
	var job livesJob
	if err := json.Unmarshal([]byte(args[0]), &job); err != nil {
		return fmt.Errorf("the job is not JSON: %w", err)
	}
	store, err := liveStoreOf(job.Contestant)
	if err != nil {
		return err
	}
	quiet := func(any) {}
	isSmall := job.WarmFolder == job.Folder
	if isSmall {
		quiet = report
	}
	warm, err := openBenchFolder(job.WarmFolder, job.ValueBytes, quiet)
	if err != nil {
		return err
	}
	warmLives, err := warmUp(&job, store, warm)
	if err != nil {
		return err
	}
	measured := warm
	if !isSmall {
		if measured, err = openBenchFolder(job.Folder, job.ValueBytes, report); err != nil {
			return err
		}
		if err := loadLists(&job, measured); err != nil {
			return err
		}
	}
	report(warmMessage{warmLives})
	for i := 0; i < job.Lives; i++ {
		life, err := live(&job, store, measured)
		if err != nil {
			return err
		}
		report(lifeMessage{life})
	}
	return nil
}

func warmUp(job *livesJob, store liveStore, folder *benchFolder) (int, error) {
	if err := loadLists(job, folder); err != nil {
		return 0, err
	}
	before := math.Inf(1)
	for n := 1; ; n++ {
		life, err := live(job, store, folder)
		if err != nil {
			return 0, err
		}
		total := 0.0
		for _, row := range job.Rows {
			if row.Counts {
				total += life[row.ID].Ms
			}
		}
		if n >= job.MostWarm || (n >= job.LeastWarm && math.Abs(total/before-1) <= job.Within) {
			return n, nil
		}
		before = total
	}
}

// loadLists reads the keys and makes the values, which no row has to wait for then.
func loadLists(job *livesJob, folder *benchFolder) error {
	for _, row := range job.Rows {
		if row.List == "" {
			continue
		}
		list, err := folder.use(row.List)
		if err != nil {
			return err
		}
		folder.values(len(list.keys), 0)
	}
	runtime.GC()
	return nil
}

// live lets the collector take what was dropped afterwards, outside of every row.
func live(job *livesJob, store liveStore, folder *benchFolder) (map[string]lifePassed, error) {
	life := map[string]lifePassed{}
	db := store.open()
	for _, row := range job.Rows {
		list := &keyList{}
		if row.List != "" {
			var err error
			if list, err = folder.use(row.List); err != nil {
				return nil, err
			}
		}
		values := folder.values(len(list.keys), 0)
		sum := 0
		begun, start := processorTime(), time.Now()
		if row.Kind == "drop" {
			db = store.open()
		} else {
			var err error
			if sum, err = store.pass(db, benchRow{Kind: row.Kind}, list, values); err != nil {
				return nil, err
			}
		}
		elapsed := time.Since(start)
		if had := processorTime() - begun; had > 0 && had < elapsed {
			elapsed = had
		}
		life[row.ID] = lifePassed{float64(elapsed.Nanoseconds()) / 1e6, sum}
	}
	runtime.KeepAlive(db)
	runtime.GC()
	return life, nil
}
