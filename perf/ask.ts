// A process of its own for each measurement: what one leaves behind in memory and compiled code is none of the next one's.
import { spawn } from 'node:child_process';

/**
 * Runs a process to its end.
 * @param args what it is given: for Node, its own options, the module, and that one's arguments
 * @param environment is added to that of this process
 * @param program Node by default
 * @returns what it wrote to stdout, as JSON
 */
export function ask<Answer>(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  program: string = process.execPath,
): Promise<Answer> {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const stopChild = () => child.kill('SIGKILL');
  process.once('exit', stopChild);
  return new Promise((resolve, reject) => {
    let found = '';
    let complaint = '';
    child.stdout.on('data', (text) => (found += text));
    child.stderr.on('data', (text) => (complaint = (complaint + text).slice(-4000)));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.removeListener('exit', stopChild);
      if (code === 0) resolve(JSON.parse(found) as Answer);
      else reject(new Error(complaint.trim() || `it ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
