import { setFlagsFromString } from 'node:v8';

/**
 * Collects garbage earlier than V8 would by itself, which on a large machine lets a heap grow to several times of what is in use before it looks. A
 * controller shares its node with what it serves; a tenth more of CPU while much is issued is the price for a third less memory.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=30');
  setFlagsFromString('--semi-space-growth-factor=1');
}
