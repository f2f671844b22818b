/**
 * The slots of one account as an acme-dns server treats them: each update overwrites the slot with the oldest LastUpdate, be its
 * value still needed or not, and even when the same value stands in another slot. LastUpdate counts whole seconds, and between
 * slots of the same second it is not known which one is overwritten.
 */
export interface AccountSlots {
  /**
   * What to send so that all of `wanted` stand when those in `standing` do now. A needed value that might be overwritten is
   * sent again first: then it is the newest, and what comes after it finds an older slot. There is no moment without it.
   */
  plan(wanted: readonly string[], standing: readonly string[]): SlotPlan;
  /** To be called for each update that was sent, whatever became of it. */
  written(value: string, at: number): void;
}

export interface SlotPlan {
  /** In this order, with nothing else in between. */
  readonly sends: readonly string[];
  /** ms since the epoch before which the first must not be sent: it has to be newer than all slots by its second. */
  readonly notBefore: number;
}

const SECOND = 1000;

export function createAccountSlots(count: number): AccountSlots {
  /** Newest last, as many as there are slots: this is what they hold, if nobody else writes. */
  const updates: { readonly value: string; readonly at: number }[] = [];

  /** The values that `coming` more updates cannot overwrite. */
  function safeFrom(coming: number): readonly string[] {
    const room = count - coming;
    if (room <= 0) return [];
    const safe = updates.slice(-room);
    const [first] = safe;
    const before = updates.at(-room - 1);
    const isNewer = first === undefined || before === undefined || first.at >= before.at + SECOND;
    return isNewer ? safe.map((update) => update.value) : [];
  }

  return {
    plan(wanted, standing) {
      const missing = wanted.filter((value) => !standing.includes(value));
      if (missing.length === 0) return { sends: [], notBefore: 0 };
      const keep = wanted.filter((value) => standing.includes(value));
      const safe = safeFrom(missing.length);
      const age = (value: string): number => updates.findLastIndex((update) => update.value === value);
      const again = keep.every((value) => safe.includes(value))
        ? []
        : keep.toSorted((one, other) => age(one) - age(other));
      const sends = [...again, ...missing];
      const last = updates.at(-1);
      return { sends, notBefore: sends.length > 1 && last !== undefined ? last.at + SECOND : 0 };
    },
    written(value, at) {
      updates.push({ value, at });
      if (updates.length > count) updates.shift();
    },
  };
}
