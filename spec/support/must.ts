/**
 * Fails, with a message that is made only then, unless it is given `true`. For checks in long loops: an `expect` takes
 * some 30 microseconds, more than most calls that it is about.
 */
export function must(holds: boolean, message: () => string): void {
  if (holds !== true) throw new Error(message());
}
