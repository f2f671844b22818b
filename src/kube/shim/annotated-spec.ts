import { z } from 'zod';
import { fromGoDuration, toGoDuration } from '../certificate/go-duration.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import { KEY_USAGES } from '../schema/key-usage.ts';
import { ours } from './annotation-names.ts';
import type { Annotations } from './annotation-names.ts';
import { splitList } from './split-list.ts';

/** The fields of a Certificate that annotations can say. */
export const ANNOTATED_FIELDS = [
  'commonName',
  'dnsNames',
  'ipAddresses',
  'uris',
  'emailAddresses',
  'subject',
  'duration',
  'renewBefore',
  'renewBeforePercentage',
  'usages',
  'privateKey',
  'revisionHistoryLimit',
  'secretTemplate',
] as const satisfies readonly (keyof CertificateSpec)[];

export type AnnotatedSpec = Pick<CertificateSpec, (typeof ANNOTATED_FIELDS)[number]>;

export type AnnotatedSpecFinding =
  | { readonly kind: 'spec'; readonly spec: AnnotatedSpec }
  /** `message`: which annotations are at fault, and what they must be. */
  | { readonly kind: 'bad'; readonly message: string };

const ALGORITHMS = ['RSA', 'ECDSA', 'Ed25519'] as const;
const ENCODINGS = ['PKCS1', 'PKCS8'] as const;
const ROTATION_POLICIES = ['Never', 'Always'] as const;
const MOST = 2 ** 31 - 1;
const LONGEST_SHOWN = 100;

const templateSchema = z.strictObject({
  annotations: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

/** What the annotations say about the certificate. What depends on several fields, the API server checks. */
export function annotatedSpec(annotations: Annotations): AnnotatedSpecFinding {
  const faults: string[] = [];
  const spec = readSpec({
    text: (name) => annotations[ours(name)],
    fault(name, value, remedy) {
      const shown = value === undefined ? 'cannot be read' : `is "${value.slice(0, LONGEST_SHOWN)}"`;
      faults.push(`the annotation ${ours(name)} ${shown}: ${remedy}`);
      return undefined;
    },
  });
  return faults.length === 0 ? { kind: 'spec', spec } : { kind: 'bad', message: faults.join('; ') };
}

interface Reader {
  /** Of the annotation `cert-manager.io/name`. */
  readonly text: (name: string) => string | undefined;
  readonly fault: (name: string, value: string | undefined, remedy: string) => undefined;
}

function readSpec(reader: Reader): AnnotatedSpec {
  return {
    ...present({
      commonName: reader.text('common-name') || undefined,
      dnsNames: list(reader, 'alt-names'),
      ipAddresses: list(reader, 'ip-sans'),
      uris: list(reader, 'uri-sans'),
      emailAddresses: list(reader, 'email-sans'),
      subject: subject(reader),
      duration: duration(reader, 'duration'),
      renewBefore: duration(reader, 'renew-before'),
      renewBeforePercentage: wholeNumber(reader, 'renew-before-percentage', { from: 1, to: 99 }),
      usages: usages(reader),
      privateKey: privateKey(reader),
      revisionHistoryLimit: wholeNumber(reader, 'revision-history-limit', { from: 1 }),
      secretTemplate: secretTemplate(reader),
    }),
  };
}

function list({ text, fault }: Reader, name: string): string[] | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  return splitList(value) ?? fault(name, value, 'put a value with a quote or a comma in it into quotes, as in CSV');
}

function subject(reader: Reader): AnnotatedSpec['subject'] {
  return present({
    organizations: list(reader, 'subject-organizations'),
    organizationalUnits: list(reader, 'subject-organizationalunits'),
    countries: list(reader, 'subject-countries'),
    provinces: list(reader, 'subject-provinces'),
    localities: list(reader, 'subject-localities'),
    postalCodes: list(reader, 'subject-postalcodes'),
    streetAddresses: list(reader, 'subject-streetaddresses'),
    serialNumber: reader.text('subject-serialnumber') || undefined,
  });
}

function duration({ text, fault }: Reader, name: string): string | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  const milliseconds = fromGoDuration(value.trim());
  if (milliseconds !== undefined) return toGoDuration(milliseconds);
  return fault(name, value, 'write hours, minutes and seconds, such as 2160h or 1h30m');
}

function wholeNumber(
  { text, fault }: Reader,
  name: string,
  { from, to = MOST }: { readonly from: number; readonly to?: number },
): number | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  const number = /^\d{1,10}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (number >= from && number <= to) return number;
  return fault(name, value, `write a whole number from ${from}${to === MOST ? '' : ` to ${to}`}`);
}

function oneOf<T extends string>({ text, fault }: Reader, name: string, words: readonly T[]): T | undefined {
  const value = text(name);
  if (value === undefined) return undefined;
  return words.find((word) => word === value) ?? fault(name, value, `write one of ${words.join(', ')}`);
}

function usages({ text, fault }: Reader): AnnotatedSpec['usages'] {
  const given = text('usages')?.split(',') ?? [];
  const known = given.map((usage) => KEY_USAGES.find((name) => name === usage.trim()));
  const unknown = given.find((_, index) => known[index] === undefined);
  if (unknown === undefined) return known.filter((usage) => usage !== undefined);
  return fault('usages', unknown, `this is no usage; write such as "digital signature,server auth"`);
}

function privateKey(reader: Reader): AnnotatedSpec['privateKey'] {
  const algorithm = oneOf(reader, 'private-key-algorithm', ALGORITHMS);
  return present({
    algorithm,
    encoding: oneOf(reader, 'private-key-encoding', ENCODINGS),
    size: keySize(reader, algorithm ?? 'RSA'),
    rotationPolicy: oneOf(reader, 'private-key-rotation-policy', ROTATION_POLICIES),
  });
}

function keySize(reader: Reader, algorithm: (typeof ALGORITHMS)[number]): number | undefined {
  const name = 'private-key-size';
  const size = wholeNumber(reader, name, { from: 1 });
  if (size === undefined) return undefined;
  if (algorithm === 'RSA' && (size < 2048 || size > 8192)) {
    const rule = 'an RSA key, which it is unless private-key-algorithm says otherwise, has 2048 to 8192 bits';
    return reader.fault(name, String(size), rule);
  }
  if (algorithm === 'ECDSA' && ![256, 384, 521].includes(size)) {
    return reader.fault(name, String(size), 'an ECDSA key has 256, 384 or 521 bits');
  }
  return size;
}

function secretTemplate({ text, fault }: Reader): AnnotatedSpec['secretTemplate'] {
  const name = 'secret-template';
  const value = text(name);
  if (value === undefined) return undefined;
  const { data } = templateSchema.safeParse(parseJson(value));
  if (data === undefined) {
    return fault(name, undefined, 'write JSON such as {"annotations": {"a": "b"}, "labels": {"c": "d"}}');
  }
  const forbidden = Object.keys(data.annotations ?? {}).find((key) => key.startsWith(ours('')));
  if (forbidden !== undefined) {
    return fault(name, forbidden, `annotations that begin with ${ours('')} are not for a template`);
  }
  return present({ annotations: present(data.annotations ?? {}), labels: present(data.labels ?? {}) });
}

/** Without what says nothing; undefined when nothing is left. A label with an empty value says that it is there, though. */
function present<T extends object>(fields: T): T | undefined {
  const there = Object.entries(fields).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return there.length === 0 ? undefined : (Object.fromEntries(there) as T);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
