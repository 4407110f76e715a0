import { MemDBError } from '../index.js';
import { describe } from '../base/arguments.js';
import { after } from './clock.js';
import type {
  ClientOptions,
  DeleteRequest,
  Header,
  PutRequest,
  RangeRequest,
  RangeResponse,
  RawClient,
  TxnRequest,
  TxnResponse,
  WatchRequest,
  WatchResponse,
  WatchStream,
  WriteResponse,
} from './protocol.js';
import { rewound } from './rewound.js';

/**
 * An `Etcd3` of the package `etcd3`: as much of its type as tells one from anything else, so that programs compile without
 * that package.
 */
export interface EtcdClient {
  getAll(): object;
  watch(): object;
  close(): void;
}

/** That etcd has compacted away what was asked for. */
export class Compacted extends Error {}

/** No error of the call itself, but of the way to etcd, so that nobody knows whether it was made. */
const OF_THE_WAY = /^(1|2|4|8|13|14) [A-Z_]+:/;
/** That it was refused: there is no room for it. */
const REFUSED = /^8 [A-Z_]+: (etcdserver:|.*larger than max)/;
const COMPACTED = 'required revision has been compacted';

/** Makes connections to the members that a client knows, one each. */
export class Members {
  readonly hosts: readonly string[];
  readonly #client: RawClient;
  readonly #timeout: number;

  /** What their cluster calls itself. */
  #cluster: string | undefined;

  /** @throws TypeError for what is no client */
  constructor(client: EtcdClient, timeout: number) {
    const raw = client as unknown as RawClient | null | undefined;
    if (
      typeof raw?.kv?.range !== 'function' ||
      typeof raw.watchClient?.watch !== 'function' ||
      typeof raw.close !== 'function' || // A namespace of one.
      !raw.options
    ) {
      throw new TypeError(
        `client must be an Etcd3 of the package etcd3, 1.1 or later (npm install etcd3), but got ${describe(client)}`,
      );
    }
    this.#client = raw;
    this.#timeout = timeout;
    const { hosts = '127.0.0.1:2379' } = raw.options; // As in etcd3.
    this.hosts = typeof hosts === 'string' ? [hosts] : [...hosts];
  }

  connect(host: string): Connection {
    const { options } = this.#client;
    const ofOne: ClientOptions = {
      ...options,
      hosts: host,
      grpcOptions: {
        // Watched changes of many revisions may come in one message.
        'grpc.max_receive_message_length': -1,
        ...options.grpcOptions,
        // Connections of other clients to this member may hang.
        'grpc.use_local_subchannel_pool': 1,
      },
      // What fails is to be known at once: the mirror goes to another member.
      faultHandling: { host: () => NO_POLICY, global: NO_POLICY },
    };
    const Client = this.#client.constructor as new (options: ClientOptions) => RawClient;
    return new Connection(host, new Client(ofOne), this.#timeout, (header) => this.#requireSame(header));
  }

  /** @throws MemDBError for what another cluster says */
  #requireSame({ cluster_id }: Header): void {
    this.#cluster ??= cluster_id;
    if (cluster_id === this.#cluster) return;
    throw rewound(`etcd's cluster is ${cluster_id}, and was ${this.#cluster}`);
  }
}

const NO_POLICY = {
  // eslint-disable-next-line @typescript-eslint/require-await -- what is thrown has to be a rejection
  execute: async <T>(call: () => T) => call(),
};

/** A connection to one member. It is not mended: what fails is closed, and another made. */
export class Connection {
  readonly host: string;
  readonly #client: RawClient;
  readonly #timeout: number;
  readonly #check: (header: Header) => void;
  #stream: WatchStream | undefined;
  #isClosed = false;
  /** Ends calls that are under way. */
  readonly #pending = new Set<(error: Error) => void>();

  /** @param check of what each answer has at its head */
  constructor(host: string, client: RawClient, timeout: number, check: (header: Header) => void) {
    this.host = host;
    this.#check = check;
    this.#client = client;
    this.#timeout = timeout;
  }

  range(request: RangeRequest): Promise<RangeResponse> {
    return this.#ask(this.#client.kv.range(request, this.#options()));
  }

  put(request: PutRequest): Promise<WriteResponse> {
    return this.#write(this.#client.kv.put(request, this.#options()));
  }

  delete(request: DeleteRequest): Promise<WriteResponse> {
    return this.#write(this.#client.kv.deleteRange(request, this.#options()));
  }

  transaction(request: TxnRequest): Promise<TxnResponse> {
    return this.#write(this.#client.kv.txn(request, this.#options()));
  }

  /** Opens a stream. `failed` is called once, when it has ended in any way but by `close`. */
  async watch(
    request: WatchRequest,
    received: (response: WatchResponse) => void,
    failed: (error: Error) => void,
  ): Promise<void> {
    const begin = (stream: WatchStream): void => {
      stream.on('error', (error) => {
        if (!this.#isClosed) failed(error);
      });
      if (this.#isClosed) {
        stream.cancel(); // It came when nobody waited for it any more.
        return;
      }
      this.#stream?.cancel(); // One that was cancelled by etcd.
      this.#stream = stream;
      stream.on('end', () => {
        if (!this.#isClosed) failed(new Error('etcd ended the watch'));
      });
      stream.on('data', (response) => {
        if (!this.#isClosed) received(response);
      });
      stream.write(request);
    };
    await this.#call(this.#client.watchClient.watch().then(begin));
  }

  /** Waits for nobody: a paused member may never answer. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stream?.cancel();
    for (const end of this.#pending) end(new Error(`1 CANCELLED: the connection to ${this.host} was closed`));
    this.#client.close();
  }

  #options() {
    return { deadline: Date.now() + this.#timeout };
  }

  async #call<T>(call: Promise<T>): Promise<T> {
    let end: (error: Error) => void = () => {};
    // That of etcd3 begins when it has a connection.
    const stop = after(this.#timeout, () =>
      end(new Error(`4 DEADLINE_EXCEEDED: ${this.host} gave no answer within ${this.#timeout} ms`)),
    );
    try {
      return await new Promise<T>((resolve, reject) => {
        end = reject;
        this.#pending.add(end);
        call.then(resolve, reject);
      });
    } catch (error) {
      if (messageOf(error).includes(COMPACTED)) throw new Compacted(messageOf(error));
      throw error;
    } finally {
      stop();
      this.#pending.delete(end);
    }
  }

  async #ask<T extends { readonly header: Header }>(call: Promise<T>): Promise<T> {
    const answer = await this.#call(call);
    this.#check(answer.header);
    return answer;
  }

  async #write<T extends { readonly header: Header }>(call: Promise<T>): Promise<T> {
    try {
      return await this.#ask(call);
    } catch (error) {
      if (!OF_THE_WAY.test(messageOf(error)) || REFUSED.test(messageOf(error))) throw error;
      throw new MemDBError(
        'MEMDB_OUTCOME_UNKNOWN',
        `${this.host} did not confirm the write: ${messageOf(error)}. It was made or not; read before you make it again`,
        { cause: error },
      );
    }
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
