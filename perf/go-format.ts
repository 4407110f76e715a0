// Go's benchmark text format, which benchstat reads: https://go.dev/design/14313-benchmark-format
import type { RunData } from './results.js';

/** One line per round, so that benchstat sees as many samples. */
export function goFormat(data: RunData, competitor: string): string {
  const lines = [
    `goos: ${data.machine.system.split('/')[0]}`,
    `goarch: ${data.machine.system.split('/')[1]}`,
    'pkg: flat-memdb/perf',
    `cpu: ${data.machine.cpu}`,
  ];
  for (const sample of data.samples) {
    if (sample.competitor !== competitor || sample.ops === undefined || sample.reps === undefined) continue;
    const name = `${benchmarkName(sample.row)}/keys=${sample.keys}/n=${sample.n}`;
    lines.push(`${name} ${sample.ops * sample.reps} ${sample.value.toFixed(2)} ns/op`);
  }
  return lines.join('\n') + '\n';
}

/** `fillseq-reserved` is BenchmarkFillseqReserved: a name's parts may not be cut at hyphens, Go puts -GOMAXPROCS there. */
function benchmarkName(row: string): string {
  return 'Benchmark' + row.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}
