package main

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"runtime/debug"
	"strings"
)

// goleveldbVersion is the version of the module that this program was built with.
func goleveldbVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/syndtr/goleveldb" {
				return module.Version
			}
		}
	}
	return "unknown"
}

// writeJSON writes to standard output if there is no path, and compressed if the path ends in .gz.
func writeJSON(path string, recording any) (err error) {
	var out io.Writer = os.Stdout
	if path != "" {
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		defer file.Close()
		out = file
	}
	if strings.HasSuffix(path, ".gz") {
		zip, _ := gzip.NewWriterLevel(out, gzip.BestCompression)
		defer func() {
			if e := zip.Close(); err == nil {
				err = e
			}
		}()
		out = zip
	}
	encoder := json.NewEncoder(out)
	if strings.HasSuffix(path, ".json") {
		encoder.SetIndent("", "  ")
	}
	return encoder.Encode(recording)
}
