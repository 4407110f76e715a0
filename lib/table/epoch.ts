/** A time in which a table did not change. */
export class Epoch {
  current = true;
}

/** One that is over. */
export const PAST = new Epoch();
PAST.current = false;
