import { isDeepStrictEqual } from 'node:util';
import { fromGoDuration } from '../certificate/go-duration.ts';
import { sameIssuer } from '../certificate/issuer-identity.ts';
import type { Certificate } from '../schema/certificate.ts';
import type { CertificateSpec } from '../schema/certificate-spec.ts';
import { ANNOTATED_FIELDS } from './annotated-spec.ts';
import { HTTP01 } from './annotation-names.ts';
import type { Annotations } from './annotation-names.ts';
import type { WantedCertificate } from './wanted-certificate.ts';

/** What is ours of a Certificate that an Ingress or Gateway has: the rest is as somebody else wrote it, and stays. */
const FIELDS = [...ANNOTATED_FIELDS, 'secretName'] as const;

/** Annotations that are taken away again, when the Ingress no longer asks for them. */
const OUR_ANNOTATIONS: readonly string[] = [
  HTTP01.overrideName,
  HTTP01.overrideClass,
  HTTP01.overrideClassName,
  HTTP01.parentName,
  HTTP01.parentKind,
  HTTP01.parentNamespace,
];

/**
 * The Certificate with everything as it is wanted; undefined when it is so already. Fields that no annotation can say (key stores, output formats)
 * are left as somebody wrote them.
 */
export function changedCertificate(
  present: Certificate,
  wanted: WantedCertificate,
  extraAnnotations: readonly string[],
): Certificate | undefined {
  const annotations = mergedAnnotations(present.metadata.annotations ?? {}, wanted, extraAnnotations);
  const labels = wanted.metadata.labels ?? {};
  const fields = FIELDS.filter((field) => !sameField(field, present.spec, wanted.spec));
  const isSame =
    fields.length === 0 &&
    sameIssuer(present.spec.issuerRef, wanted.spec.issuerRef) &&
    isDeepStrictEqual({ ...present.metadata.labels }, { ...labels }) &&
    isDeepStrictEqual({ ...present.metadata.annotations }, annotations);
  if (isSame) return undefined;
  const issuerRef = sameIssuer(present.spec.issuerRef, wanted.spec.issuerRef)
    ? present.spec.issuerRef
    : wanted.spec.issuerRef;
  const changes = Object.fromEntries(fields.map((field) => [field, wanted.spec[field]]));
  return {
    ...present,
    metadata: { ...present.metadata, labels, annotations },
    spec: { ...present.spec, ...changes, issuerRef },
  };
}

function mergedAnnotations(
  present: Annotations,
  { metadata }: WantedCertificate,
  extraAnnotations: readonly string[],
): Annotations {
  const ours = new Set([...OUR_ANNOTATIONS, ...extraAnnotations]);
  const others = Object.entries(present).filter(([name]) => !ours.has(name));
  return { ...Object.fromEntries(others), ...metadata.annotations };
}

type Field = (typeof FIELDS)[number];

function sameField(field: Field, one: CertificateSpec, other: CertificateSpec): boolean {
  if (field === 'duration' || field === 'renewBefore') return sameDuration(one[field], other[field]);
  if (field === 'privateKey') return isDeepStrictEqual(comparableKey(one), comparableKey(other));
  return isDeepStrictEqual(comparable(one[field]), comparable(other[field]));
}

function sameDuration(one: string | undefined, other: string | undefined): boolean {
  const milliseconds = fromGoDuration(one);
  return one === other || (milliseconds !== undefined && milliseconds === fromGoDuration(other));
}

/** An Ed25519 key has one size, whatever is written. */
function comparableKey({ privateKey }: CertificateSpec): unknown {
  if (privateKey?.algorithm !== 'Ed25519') return comparable(privateKey);
  const { size: _, ...rest } = privateKey;
  return comparable(rest);
}

/** A list, a map or a text that is empty says the same as one that is missing. */
function comparable(value: unknown): unknown {
  if (value === '' || value === undefined || value === null || value === 0) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(comparable);
  if (typeof value !== 'object') return value;
  const there = Object.entries(value).flatMap(([name, inner]) => {
    // A label with an empty value is one.
    const kept = typeof inner === 'string' ? inner : comparable(inner);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return there.length === 0 ? undefined : Object.fromEntries(there);
}
