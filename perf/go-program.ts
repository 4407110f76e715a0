import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GoProgram {
  path: string;
  version: string;
}

/** Builds the program that measures the real goleveldb into `folder`; or says, in a sentence, why it cannot be had. */
export async function buildGoProgram(root: string, folder: string): Promise<GoProgram | string> {
  const source = join(root, 'perf', 'go');
  if (!existsSync(join(source, 'go.mod'))) return 'perf/go is missing, the Go module that runs goleveldb.';
  let version: string;
  try {
    version = (await run('go', ['env', 'GOVERSION'], { cwd: source })).stdout.trim();
  } catch {
    return 'Go is not installed (no "go" on the PATH): install Go 1.22 or later, see https://go.dev/dl.';
  }
  const path = join(folder, process.platform === 'win32' ? 'referee.exe' : 'referee');
  try {
    await run('go', ['build', '-o', path, '.'], { cwd: source });
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    return `perf/go does not build (its module goleveldb comes from the network the first time):\n${reason}`;
  }
  return { path, version };
}
