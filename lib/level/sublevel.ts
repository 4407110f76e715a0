import {
  SublevelClass,
  type Encoded,
  type EncodingOptions,
  type StoreEncoding,
  type SublevelBase,
} from './abstractlevel.js';
import type { TextOrBytes } from './textorbytes.js';

/** A sublevel whose keys may be bytes where its encoding is of text. */
export class Sublevel extends SublevelClass {
  readonly #text: TextOrBytes | undefined;

  constructor(
    db: unknown,
    name: string | readonly string[],
    options: EncodingOptions,
    text: TextOrBytes | undefined,
  ) {
    super(db, name, text?.chosenBy(options) ?? options);
    this.#text = text;
    text?.takePlaceIn(this, options);
  }

  /** @internal */
  override prefixKey(key: Encoded, format: StoreEncoding, local: boolean): Encoded {
    const isBytes = format === 'utf8' && ArrayBuffer.isView(key);
    // In some stores they are views, in others Buffers.
    return super.prefixKey(key, isBytes ? this.keyEncoding('buffer').format : format, local);
  }

  /** @internal */
  _sublevel(name: string | readonly string[], options: EncodingOptions): SublevelBase {
    return new Sublevel(this, name, options, this.#text);
  }
}
