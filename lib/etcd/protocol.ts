/*
 * What is used of etcd's API, as the package `etcd3` speaks it: names as in etcd's rpc.proto, numbers of 64 bits as text. `declare`
 * keeps the build from shortening the names.
 */

export declare interface Header {
  readonly cluster_id: string;
  /** Of the whole store, when the request was served. */
  readonly revision: string;
}

export declare interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly mod_revision: string;
}

/** The keys from `key` to before `range_end`, `Uint8Array.of(0)` being the end of all; without `range_end`, one key. */
export declare interface RangeRequest {
  readonly key: Uint8Array;
  readonly range_end?: Uint8Array;
  readonly limit?: number;
  /** Reads the past. */
  readonly revision?: number;
  readonly min_mod_revision?: number;
  readonly keys_only?: boolean;
}

export declare interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
  /** Of all keys in the range, whatever limit and `min_mod_revision` say. */
  readonly count: string;
}

export declare interface WriteResponse {
  readonly header: Header;
}

export declare interface TxnResponse extends WriteResponse {
  readonly succeeded: boolean;
}

export declare interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export declare interface DeleteRequest {
  readonly key: Uint8Array;
}

export declare interface Compare {
  readonly target: 2;
  readonly result: 0;
  readonly key: Uint8Array;
  readonly mod_revision: number;
}

export declare interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly (
    { readonly request_put: PutRequest } | { readonly request_delete_range: DeleteRequest }
  )[];
  readonly failure: readonly never[];
}

export declare interface WatchEvent {
  readonly type: 'Put' | 'Delete';
  readonly kv: KeyValue;
}

export declare interface WatchResponse {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Above 0 where what was asked for was compacted away. */
  readonly compact_revision: string;
  readonly cancel_reason: string;
  /** Whether more of the same follows in another response. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

export declare interface WatchRequest {
  readonly create_request: {
    readonly key: Uint8Array;
    readonly range_end: Uint8Array;
    readonly start_revision: number;
    readonly fragment: boolean;
  };
}

export declare interface WatchStream {
  on(event: 'data', call: (response: WatchResponse) => void): unknown;
  on(event: 'error', call: (error: Error) => void): unknown;
  on(event: 'end', call: () => void): unknown;
  write(request: WatchRequest): unknown;
  /** For this end alone: it waits for no answer. */
  cancel(): void;
}

declare interface CallOptions {
  /** Milliseconds since 1970. */
  readonly deadline?: number;
}

/** Of cockatiel: what happens around a call, such as to make it again. */
declare interface Policy {
  execute<T>(call: () => T): Promise<T>;
}

export declare interface ClientOptions {
  readonly hosts?: string | readonly string[];
  readonly grpcOptions?: Record<string, unknown>;
  readonly faultHandling?: { host?: () => Policy; global?: Policy };
}

/** What an `Etcd3` has beside its documented members. */
export declare interface RawClient {
  readonly options: ClientOptions;
  readonly kv: {
    range(request: RangeRequest, options: CallOptions): Promise<RangeResponse>;
    put(request: PutRequest, options: CallOptions): Promise<WriteResponse>;
    deleteRange(request: DeleteRequest, options: CallOptions): Promise<WriteResponse>;
    txn(request: TxnRequest, options: CallOptions): Promise<TxnResponse>;
  };
  readonly watchClient: { watch(): Promise<WatchStream> };
  readonly constructor: unknown;
  close(): void;
}
