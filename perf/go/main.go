// Command referee runs the real goleveldb: it replays operation traces against its memdb and measures it.
// It copies nothing of goleveldb; what is unexported there is read by reflection.
package main

import (
	"fmt"
	"os"
	"sort"
)

// subcommands is filled by the init functions of the other files, one per subcommand.
var subcommands = map[string]func(args []string) error{}

func main() {
	if len(os.Args) < 2 || subcommands[os.Args[1]] == nil {
		names := make([]string, 0, len(subcommands))
		for name := range subcommands {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "usage: referee SUBCOMMAND [flags], where SUBCOMMAND is one of %v\n", names)
		os.Exit(2)
	}
	if err := subcommands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "referee:", err)
		os.Exit(1)
	}
}
