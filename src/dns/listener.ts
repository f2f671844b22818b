/** Where a server listens. Port 0 means any free one. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** A listener with a real port, and what must be known about the others to open it. */
export interface PlannedListener extends Listener {
  /** Several threads listen on the one port, and the kernel deals the packets out (SO_REUSEPORT). */
  readonly shared: boolean;
  /** `::` without IPv4, because another listener has that. */
  readonly ipv6Only: boolean;
}

export interface OpenListener {
  close(): Promise<void>;
}
