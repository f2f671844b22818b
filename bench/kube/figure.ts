/** One line of the table. */
export interface Figure {
  /** As in JSON. */
  readonly name: string;
  readonly about: string;
  /** Measured for cert-manager 1.21.2, on two cores and with the same Pebble; in words. */
  readonly certManager: string;
  readonly measured: number;
  /** `measured` must not be above. */
  readonly atMost?: number | undefined;
  readonly unit: 's' | 'ms' | 'MB' | 'CPU s' | 'writes' | '';
}

/** A piece of work that can be measured alone. */
export interface Work {
  readonly about: string;
  readonly measure: (how: Measuring) => Promise<readonly Figure[]>;
}

export interface Measuring {
  /** With small numbers: whether it works at all, not how fast. */
  readonly quick: boolean;
  /** More is told on stderr than what is asked for. */
  readonly say: (line: string) => void;
}
