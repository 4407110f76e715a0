/** What `dumpTo` writes to: a `WritableStream<Uint8Array>`, of a browser, Node or any other. */
export interface WritableBytes {
  getWriter(): {
    readonly ready: Promise<unknown>;
    write(chunk: Uint8Array): Promise<unknown>;
    close(): Promise<unknown>;
    abort(reason?: unknown): Promise<unknown>;
  };
}

/** What `loadFrom` reads: a `ReadableStream<Uint8Array>`, of a browser, Node or any other. */
export interface ReadableBytes {
  getReader(): {
    read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<unknown>;
  };
}
