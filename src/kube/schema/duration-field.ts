import type { z } from 'zod';
import { text } from './field.ts';
import type { Rule } from './field.ts';

/** What Go's time.ParseDuration reads: `1h30m`, `2160h0m0s`, `1.5h`, `-3s`. */
const DURATION = String.raw`^[+-]?(0|(([0-9]+([.][0-9]*)?|[.][0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`;

/** Whether the CEL expression is text that is a duration. In front of `duration(x)`, which fails on other text. */
export function isDuration(expression: string): string {
  return `${expression}.matches('${DURATION}')`;
}

/** A duration as text in Go's notation, so never with days. */
export function durationText(description: string, { atLeast }: { atLeast?: string } = {}): z.ZodString {
  const rules: Rule[] = [
    {
      rule: isDuration('self'),
      message: 'is not a duration: write hours, minutes and seconds, such as 2160h or 1h30m',
    },
  ];
  if (atLeast !== undefined) {
    rules.push({
      rule: `!${isDuration('self')} || duration(self) >= duration('${atLeast}')`,
      message: `is too short: at least ${atLeast}`,
    });
  }
  return text(description, { maxLength: 64, 'x-kubernetes-validations': rules });
}
