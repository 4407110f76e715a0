//go:build unix

package main

import (
	"syscall"
	"time"
)

// processorTime is how long this process has had a processor, all its threads together; 0 where that is not known.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
