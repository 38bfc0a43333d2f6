/** The bytes of one connection, whatever carries them. */

export interface Socket {
  readonly isEncrypted: boolean;
  /**
   * The next bytes, which are the caller's to keep; undefined at the end. One read at a time.
   *
   * @throws what broke the connection
   */
  read(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Begins within this call, and resolves once the system has taken all of it. One write at a time. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it at once, and with it what is under way. */
  close(): void;
}

export interface Address {
  hostname: string;
  port: number;
}

/** Told of each read as it returns: how much it brought, and for how long there was nothing before that. */
export type OnRead = (bytes: number, waitedMs: number) => void;

export interface DialOptions {
  /** Gives the try up. */
  signal: AbortSignal;
  onRead?: OnRead;
}
