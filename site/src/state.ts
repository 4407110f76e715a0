/*
 * A state in the fragment of the address: JSON, compressed, in letters that an address may have. So any state has a link, and no
 * server sees it.
 */
export async function toFragment(state: unknown): Promise<string> {
  const json = new TextEncoder().encode(JSON.stringify(state));
  return `#s=${base64(await through(json, new CompressionStream('deflate-raw')))}`;
}

/** Undefined where there is none, or none that can be read. */
export async function fromFragment(fragment: string): Promise<unknown> {
  const text = /^#s=([\w-]+)$/.exec(fragment)?.[1];
  if (text === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
      letter.charCodeAt(0),
    );
    const json = await through(bytes, new DecompressionStream('deflate-raw'));
    return JSON.parse(new TextDecoder().decode(json)) as unknown;
  } catch {
    return undefined;
  }
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array> {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Puts the newest of many states in the address, once things are quiet. */
export class Address {
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was put there: a change to anything else comes from outside. */
  shown = location.hash;

  keep(state: unknown): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.now(state), 250);
  }

  async now(state: unknown): Promise<string> {
    clearTimeout(this.#timer);
    this.shown = await toFragment(state);
    history.replaceState(null, '', this.shown);
    return location.href;
  }
}
