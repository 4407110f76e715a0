import type { Encoded, EncodingOptions, OwnEncoding, StoreEncoding } from './abstractlevel.js';
import { bytesOf } from './formats.js';

const NAMES = ['utf8', 'utf-8'] as const;
/** Or anything else that becomes text. */
type Given = string | number | ArrayBufferView | undefined;

/**
 * The encoding 'utf8' of a store of bytes, by each of its names, in place of abstract-level's, which makes text of bytes: text goes in
 * and comes out as text, with no detour by bytes, and bytes go in as they are, though they may be no UTF-8.
 */
export class TextOrBytes {
  /** By the names. */
  readonly #encodings: readonly OwnEncoding[];

  /** @param absent what is made of undefined, as a bound of a range may be */
  private constructor(absent: string) {
    const encode = (data: Given): Encoded => {
      if (typeof data === 'string') return data;
      if (ArrayBuffer.isView(data)) return bytesOf(data as Uint8Array);
      return data === undefined ? absent : String(data);
    };
    this.#encodings = NAMES.map((name) => ({ name, format: 'utf8', encode, decode: (data) => data }));
  }

  static readonly #ofViews = new TextOrBytes('');
  static readonly #ofBuffers = new TextOrBytes('undefined');

  /** That of a store: none where it holds text. */
  static of(storeEncoding: StoreEncoding): TextOrBytes | undefined {
    if (storeEncoding === 'utf8') return undefined;
    return storeEncoding === 'view' ? TextOrBytes.#ofViews : TextOrBytes.#ofBuffers;
  }

  /** Options, in which it is named by itself where it is chosen. */
  chosenBy<T extends EncodingOptions>(options: T): T {
    const { keyEncoding, valueEncoding } = options;
    return {
      ...options,
      keyEncoding: this.#chosenBy(keyEncoding),
      valueEncoding: this.#chosenBy(valueEncoding),
    };
  }

  #chosenBy(encoding: unknown): unknown {
    return !encoding || NAMES.includes(encoding as 'utf8') ? this.#encodings[0] : encoding;
  }

  /**
   * From now on, a database knows it by the names: abstract-level keeps an encoding that it is shown. A name that one of the user's own
   * has, which the options choose, stays that one's.
   */
  takePlaceIn(
    db: { keyEncoding: (encoding: never) => unknown },
    { keyEncoding, valueEncoding }: EncodingOptions,
  ): void {
    const taken = [keyEncoding, valueEncoding].map((own) => (own as OwnEncoding | undefined)?.name);
    for (const encoding of this.#encodings) {
      if (!taken.includes(encoding.name)) db.keyEncoding(encoding as never);
    }
  }
}
