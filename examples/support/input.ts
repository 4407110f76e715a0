// Reading lines of bytes from files and from standard input.
import { createReadStream, fstatSync, statSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';

/** Something that the person at the keyboard can put right; its message is all they need to see. */
export class UserError extends Error {}

/** A file, or standard input, that was there when it was looked up and has not been opened yet. */
export interface Input {
  /** What to call it in messages. */
  readonly name: string;
  /** In bytes; `Infinity` where only the end will tell (a pipe, a terminal). */
  readonly size: number;
  readonly read: () => AsyncIterable<Buffer>;
}

const STDIN = 0;

/** Looks up `file`, or standard input for `-`. @throws UserError if it is missing or is a directory */
export function findInput(file: string): Input {
  const isStdin = file === '-';
  const name = isStdin ? '(standard input)' : file;
  try {
    const found = isStdin ? fstatSync(STDIN) : statSync(file);
    if (found.isDirectory()) throw new UserError(`cannot read ${name}: it is a directory`);
    return {
      name,
      size: found.isFile() ? found.size : Infinity,
      async *read() {
        try {
          yield* isStdin ? process.stdin : createReadStream(file);
        } catch (error) {
          throw inWords(`read ${name}`, error);
        }
      },
    };
  } catch (error) {
    throw inWords(`read ${name}`, error);
  }
}

/** What the operating system said when it was asked to `act`, as a sentence. Any other error stays what it is. */
export function inWords(act: string, error: unknown): unknown {
  const { errno } = error as NodeJS.ErrnoException;
  const reason = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return reason === undefined ? error : new UserError(`cannot ${act}: ${reason}`);
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts chunks into lines, without their ends (LF or CR LF). Nothing is decoded: a line may hold any byte but LF.
 * Lines come in batches, one per chunk, since awaiting each line would take longer than storing it.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer[]> {
  // A line that began in earlier chunks, in pieces: joined once, so that a huge line is not copied at every chunk.
  let pieces: Buffer[] = [];
  for await (const chunk of chunks) {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      let line = chunk.subarray(start, end);
      if (pieces.length > 0) {
        line = Buffer.concat([...pieces, line]);
        pieces = [];
      }
      lines.push(line.at(-1) === CR ? line.subarray(0, -1) : line);
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(chunk.subarray(start));
    yield lines;
  }
  // The last line may lack its LF; a CR there ends nothing and belongs to the line.
  if (pieces.length > 0) yield [Buffer.concat(pieces)];
}
