/*
 * A cluster of etcd without servers, and the part of an `Etcd3` that a Mirror uses: what members answer is computed at once, what watches
 * deliver comes when `deliver` is called, or at once as well. Names of requests and responses are those of etcd's rpc.proto.
 */

export type FakeEdit = readonly [key: string, value: string | undefined];

interface FakeRevision {
  readonly revision: number;
  readonly edits: readonly FakeEdit[];
}

interface Entry {
  readonly value: string;
  readonly mod: number;
}

/** Keys and values are text, each character a byte. */
const bytesOf = (text: string) => Buffer.from(text, 'latin1');
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

interface RangeRequest {
  key: Uint8Array;
  range_end?: Uint8Array;
  limit?: number;
  revision?: number;
  min_mod_revision?: number;
  keys_only?: boolean;
}

interface FakeResponse {
  readonly header: { readonly revision: string; readonly cluster_id: string };
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: string;
  readonly cancel_reason: string;
  readonly fragment: boolean;
  readonly events: readonly { type: 'Put' | 'Delete'; kv: FakeKeyValue }[];
}

interface FakeKeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly mod_revision: string;
}

export class FakeCluster {
  id = '1';
  /** The first is that of an empty store. */
  revision = 1;
  compacted = 0;
  readonly history: FakeRevision[] = [];
  /** Those that there are. */
  readonly #keys = new Set<string>();
  readonly members: FakeMember[];
  /** Requests that were answered. */
  readonly requests: { host: string; method: string; request: unknown }[] = [];

  constructor(members = 3) {
    this.members = Array.from({ length: members }, (_, i) => new FakeMember(this, `http://member-${i + 1}`));
  }

  client(): FakeEtcd3 {
    return new FakeEtcd3({ hosts: this.members.map(({ host }) => host), cluster: this });
  }

  member(host: string | undefined): FakeMember {
    return this.members.find((member) => member.host === host)!;
  }

  /** A transaction; deletions of keys that are not there are none. @returns its revision, the newest where it changes nothing */
  commit(edits: readonly FakeEdit[]): number {
    const made = edits.filter(([key, value]) => value !== undefined || this.#keys.has(key));
    if (made.length === 0) return this.revision;
    const revision = { revision: ++this.revision, edits: made };
    this.history.push(revision);
    for (const [key, value] of made) {
      if (value === undefined) this.#keys.delete(key);
      else this.#keys.add(key);
    }
    for (const member of this.members) member.publish([revision]);
    return this.revision;
  }

  compact(revision: number): void {
    this.compacted = Math.max(this.compacted, Math.min(revision, this.revision));
  }

  stateAt(revision: number): Map<string, Entry> {
    const state = new Map<string, Entry>();
    for (const { revision: mod, edits } of this.history) {
      if (mod > revision) break;
      for (const [key, value] of edits) {
        if (value === undefined) state.delete(key);
        else state.set(key, { value, mod });
      }
    }
    return state;
  }

  /** The entries at a revision, in order. */
  entriesAt(revision: number, has: (key: string) => boolean = () => true): [string, string][] {
    return [...this.stateAt(revision)]
      .filter(([key]) => has(key))
      .map(([key, { value }]): [string, string] => [key, value])
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

export class FakeMember {
  readonly host: string;
  readonly streams = new Set<FakeStream>();
  /** Whether watches wait for `deliver`. */
  isHeld = false;
  /** What a write answers, where it is not what it should. */
  writeError: Error | undefined;
  /** Whether a write is made before `writeError` is thrown. */
  writesAllTheSame = false;
  /** Messages of watches are cut to so many events. */
  mostEvents = Infinity;
  /** When it is there to be watched; at once, otherwise. */
  opens: Promise<void> | undefined;
  /** A page of more bytes comes too late. */
  mostBytes = Infinity;
  #isUp = true;
  #isPaused = false;
  #resumed: (() => void)[] = [];
  readonly #cluster: FakeCluster;

  constructor(cluster: FakeCluster, host: string) {
    this.#cluster = cluster;
    this.host = host;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  kill(): void {
    this.#isUp = false;
    this.resume();
    for (const stream of [...this.streams]) stream.fail();
  }

  start(): void {
    this.#isUp = true;
  }

  /** It keeps connections, and answers nothing. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const resumed = this.#resumed;
    this.#resumed = [];
    for (const go of resumed) go();
    for (const stream of this.streams) stream.flow();
  }

  /** Ends all watches, as a lost connection does. */
  drop(): void {
    for (const stream of [...this.streams]) stream.fail();
  }

  /** Lets the watches have so many messages more. */
  deliver(count = Infinity): void {
    for (const stream of this.streams) stream.deliver(count);
  }

  publish(revisions: readonly FakeRevision[]): void {
    for (const stream of this.streams) stream.add(revisions);
  }

  async answer<T>(client: FakeEtcd3, method: string, request: unknown, compute: () => T): Promise<T> {
    await Promise.resolve();
    if (this.#isPaused) await new Promise<void>((resolve) => this.#resumed.push(resolve));
    if (!this.#isUp || client.isClosed) throw new Error('14 UNAVAILABLE: no connection established');
    this.#cluster.requests.push({ host: this.host, method, request });
    return compute();
  }

  open(client: FakeEtcd3): FakeStream {
    const stream = new FakeStream(this, this.#cluster, client);
    this.streams.add(stream);
    if (!this.#isUp) queueMicrotask(() => stream.fail());
    return stream;
  }
}

interface Handlers {
  data: (response: FakeResponse) => void;
  error: (error: Error) => void;
  end: () => void;
}

export class FakeStream {
  readonly #member: FakeMember;
  readonly #cluster: FakeCluster;
  readonly #client: FakeEtcd3;
  readonly #handlers: Partial<Handlers> = {};
  readonly #queue: FakeResponse[] = [];
  #has: ((key: string) => boolean) | undefined;
  #from = 0;
  #isFlowing = false;
  #hasFailed = false;
  /** The last message, to be sent twice. */
  #last: FakeResponse | undefined;

  constructor(member: FakeMember, cluster: FakeCluster, client: FakeEtcd3) {
    this.#member = member;
    this.#cluster = cluster;
    this.#client = client;
  }

  on<E extends keyof Handlers>(event: E, call: Handlers[E]): this {
    this.#handlers[event] = call;
    if (event === 'error' && this.#hasFailed) queueMicrotask(() => this.fail());
    return this;
  }

  write({
    create_request: { key, range_end, start_revision },
  }: {
    create_request: { key: Uint8Array; range_end: Uint8Array; start_revision: number };
  }): void {
    this.#has = insideOf(key, range_end);
    this.#from = start_revision;
    this.#queue.push(this.#response({ created: true }));
    if (start_revision <= this.#cluster.compacted) {
      const compact_revision = String(this.#cluster.compacted);
      this.#queue.push(
        this.#response({
          canceled: true,
          compact_revision,
          cancel_reason: 'mvcc: required revision has been compacted',
        }),
      );
    } else this.add(this.#cluster.history);
    this.flow();
  }

  /** Waits for nothing, as that of gRPC; the error that it gives is that of a call that was cancelled. */
  cancel(): void {
    if (!this.#member.streams.delete(this)) return;
    queueMicrotask(() => this.#handlers.error?.(new Error('1 CANCELLED: cancelled on client')));
  }

  fail(): void {
    this.#member.streams.delete(this);
    this.#hasFailed = true; // Who is to hear of it may come yet.
    this.#handlers.error?.(new Error('14 UNAVAILABLE: connection dropped'));
  }

  /** What it watches, as one message, cut to fragments where that is to be. */
  add(revisions: readonly FakeRevision[]): void {
    const has = this.#has;
    if (has === undefined) return;
    const events = revisions
      .filter(({ revision }) => revision >= this.#from)
      .flatMap(({ revision, edits }) =>
        edits
          .filter(([key]) => has(key))
          .map(([key, value]) => ({
            type: value === undefined ? ('Delete' as const) : ('Put' as const),
            kv: { key: bytesOf(key), value: bytesOf(value ?? ''), mod_revision: String(revision) },
          })),
      );
    const most = this.#member.mostEvents;
    for (let i = 0; i < events.length; i += most) {
      const fragment = i + most < events.length;
      this.#queue.push(this.#response({ events: events.slice(i, i + most), fragment }));
      if (most === Infinity) break;
    }
    this.flow();
  }

  /** Merges what waits to one message, as etcd does where a watch catches up. */
  merge(): void {
    const events = this.#queue.filter(({ created, canceled }) => !created && !canceled);
    if (events.length < 2 || events.length < this.#queue.length) return;
    this.#queue.length = 0;
    this.#queue.push(this.#response({ events: events.flatMap((each) => each.events) }));
  }

  deliver(count = Infinity): void {
    for (let i = 0; i < count && this.#queue.length > 0; i++) {
      if (this.#member.isPaused || !this.#member.streams.has(this)) return;
      this.#last = this.#queue.shift();
      this.#handlers.data?.(this.#last!);
    }
  }

  /** What came last comes again. */
  repeat(): void {
    if (this.#last === undefined || this.#last.fragment || this.#last.created || this.#member.isPaused)
      return;
    // In the midst of a message in fragments, nothing else comes.
    if (this.#member.mostEvents === Infinity) this.#handlers.data?.(this.#last);
  }

  flow(): void {
    if (this.#member.isHeld || this.#isFlowing) return;
    this.#isFlowing = true;
    queueMicrotask(() => {
      this.#isFlowing = false;
      if (!this.#client.isClosed) this.deliver();
    });
  }

  #response(parts: Partial<FakeResponse>): FakeResponse {
    return {
      header: headOf(this.#cluster),
      created: false,
      canceled: false,
      compact_revision: '0',
      cancel_reason: '',
      fragment: false,
      events: [],
      ...parts,
    };
  }
}

interface FakeOptions {
  readonly hosts: string | readonly string[];
  readonly cluster: FakeCluster;
}

/** As etcd3's, where a Mirror and its examples use it. */
export class FakeEtcd3 {
  static open = new Set<FakeEtcd3>();
  readonly options: FakeOptions;
  isClosed = false;
  readonly kv;
  readonly watchClient;

  constructor(options: FakeOptions) {
    FakeEtcd3.open.add(this);
    this.options = options;
    const { cluster, hosts } = options;
    const member = cluster.member(typeof hosts === 'string' ? hosts : hosts[0]);
    const answer = <T>(method: string, request: unknown, compute: () => T) =>
      member.answer(this, method, request, compute);
    const write = <T>(method: string, request: unknown, compute: () => T) =>
      answer(method, request, () => {
        const { writeError } = member;
        if (writeError !== undefined && !member.writesAllTheSame) throw writeError;
        const result = compute();
        if (writeError !== undefined) throw writeError;
        return result;
      });
    const headed = (revision: number) => ({ header: headOf(cluster, revision) });
    this.kv = {
      range: (request: RangeRequest) =>
        answer('range', request, () => {
          const response = rangeOf(cluster, request);
          const bytes = response.kvs.reduce((sum, { value }) => sum + value.length, 0);
          if (bytes > member.mostBytes) throw new Error('4 DEADLINE_EXCEEDED: Deadline exceeded');
          return response;
        }),
      put: (request: { key: Uint8Array; value: Uint8Array }) =>
        write('put', request, () => headed(cluster.commit([[textOf(request.key), textOf(request.value)]]))),
      deleteRange: (request: { key: Uint8Array }) =>
        write('deleteRange', request, () => headed(cluster.commit([[textOf(request.key), undefined]]))),
      txn: (request: TxnRequest) => write('txn', request, () => transactionOf(cluster, request)),
    };
    this.watchClient = {
      watch: async () => {
        await member.opens;
        return member.open(this);
      },
    };
  }

  /** As the builder's. */
  put(key: string) {
    return {
      value: (value: string) => ({
        exec: () => this.kv.put({ key: Buffer.from(key), value: Buffer.from(value) }),
      }),
    };
  }

  getAll(): object {
    return {};
  }

  watch(): object {
    return {};
  }

  close(): void {
    FakeEtcd3.open.delete(this);
    this.isClosed = true;
  }
}

interface TxnRequest {
  compare: { target: number; result: number; key: Uint8Array; mod_revision: number }[];
  success: (
    { request_put: { key: Uint8Array; value: Uint8Array } } | { request_delete_range: { key: Uint8Array } }
  )[];
}

function transactionOf(cluster: FakeCluster, { compare, success }: TxnRequest) {
  const state = cluster.stateAt(cluster.revision);
  const succeeded = compare.every(({ target, result, key, mod_revision }) => {
    if (target !== 2 || result !== 0)
      throw new Error('3 INVALID_ARGUMENT: only Mod and Equal are known here');
    return (state.get(textOf(key))?.mod ?? 0) === mod_revision;
  });
  const edits = success.map((each): FakeEdit =>
    'request_put' in each
      ? [textOf(each.request_put.key), textOf(each.request_put.value)]
      : [textOf(each.request_delete_range.key), undefined],
  );
  if (new Set(edits.map(([key]) => key)).size < edits.length) {
    throw new Error('3 INVALID_ARGUMENT: etcdserver: duplicate key given in txn request');
  }
  return { header: headOf(cluster, succeeded ? cluster.commit(edits) : cluster.revision), succeeded };
}

function rangeOf(cluster: FakeCluster, request: RangeRequest) {
  const { key, range_end, limit = 0, revision = 0, min_mod_revision = 0, keys_only = false } = request;
  if (revision > 0 && revision < cluster.compacted) {
    throw new Error('11 OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted');
  }
  if (revision > cluster.revision) {
    throw new Error('11 OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision');
  }
  const has = range_end === undefined ? (each: string) => each === textOf(key) : insideOf(key, range_end);
  const all = [...cluster.stateAt(revision > 0 ? revision : cluster.revision)]
    .filter(([each]) => has(each))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const wanted = all.filter(([, { mod }]) => mod >= min_mod_revision);
  const page = limit > 0 ? wanted.slice(0, limit) : wanted;
  return {
    header: headOf(cluster),
    kvs: page.map(([each, { value, mod }]) => ({
      key: bytesOf(each),
      value: bytesOf(keys_only ? '' : value),
      mod_revision: String(mod),
    })),
    more: page.length < wanted.length,
    count: String(all.length),
  };
}

function insideOf(key: Uint8Array, end: Uint8Array): (key: string) => boolean {
  const start = textOf(key);
  const limit = textOf(end);
  return (each) => each >= start && (limit === '\0' || each < limit);
}

function headOf({ id, revision }: FakeCluster, at = revision) {
  return { revision: String(at), cluster_id: id };
}
