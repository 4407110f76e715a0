// Asks the registry about known faults of what is installed, and looks itself whether the package depends on anything. Where the
// registry can't be asked, it says so, and that is no failure: a machine may be without one.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);
const needed = Object.keys({ ...dependencies, ...optionalDependencies });
for (const name of Object.keys(peerDependencies ?? {})) {
  if (peerDependenciesMeta?.[name]?.optional !== true) needed.push(name);
}
if (needed.length > 0) {
  console.error(`audit: the package must depend on nothing, but does on ${needed.join(', ')}`);
  process.exit(1);
}

const npm = process.env.npm_execpath;
if (npm === undefined) throw new Error('Run it as "npm run audit": npm says then where it is.');
const { stdout, stderr } = spawnSync(process.execPath, [npm, 'audit', '--json'], {
  encoding: 'utf8',
  timeout: 120_000,
});
const report = parsed(stdout);
const counts = report?.metadata?.vulnerabilities;
if (counts === undefined) {
  const why = report?.message ?? report?.error?.summary ?? stderr.trim().split('\n')[0];
  console.log(
    `audit: no dependency at run time. Of tools, the registry did not say what it knows: ${why || 'no answer'}`,
  );
} else if (counts.total > 0) {
  for (const { name, severity, range } of Object.values(report.vulnerabilities)) {
    console.error(`audit: ${name} ${range}: ${severity}`);
  }
  process.exit(1);
} else {
  console.log('audit: no dependency at run time, and no fault known of any tool');
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
