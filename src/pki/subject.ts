import { COMMON_NAME, commonNameOf, valuesOf } from './distinguished-name.ts';
import type { DistinguishedName } from './distinguished-name.ts';

/** The fields of `spec.subject`; the common name stands apart. */
export interface SubjectFields {
  readonly organizations?: readonly string[] | undefined;
  readonly countries?: readonly string[] | undefined;
  readonly organizationalUnits?: readonly string[] | undefined;
  readonly localities?: readonly string[] | undefined;
  readonly provinces?: readonly string[] | undefined;
  readonly streetAddresses?: readonly string[] | undefined;
  readonly postalCodes?: readonly string[] | undefined;
  readonly serialNumber?: string | undefined;
}

export type SubjectList = Exclude<keyof SubjectFields, 'serialNumber'>;

/** The lists, in the order in which Go's pkix.Name writes them. */
const LISTS: readonly (readonly [SubjectList, string])[] = [
  ['countries', '2.5.4.6'],
  ['organizations', '2.5.4.10'],
  ['organizationalUnits', '2.5.4.11'],
  ['localities', '2.5.4.7'],
  ['provinces', '2.5.4.8'],
  ['streetAddresses', '2.5.4.9'],
  ['postalCodes', '2.5.4.17'],
];
const SERIAL_NUMBER = '2.5.4.5';

/** The name that cert-manager makes of these fields: one multi-valued RDN for each list, then the common name and the serial number. */
export function subjectName(fields: SubjectFields, commonName = ''): DistinguishedName {
  const lists = LISTS.map(([field, oid]) => (fields[field] ?? []).map((value) => ({ oid, value })));
  const singles = [
    { oid: COMMON_NAME, value: commonName },
    { oid: SERIAL_NUMBER, value: fields.serialNumber ?? '' },
  ].map((attribute) => (attribute.value === '' ? [] : [attribute]));
  return [...lists, ...singles].filter((attributes) => attributes.length > 0);
}

export type ReadSubject = Readonly<Record<SubjectList, readonly string[]>> & {
  readonly serialNumber: string;
  readonly commonName: string;
};

/** The fields read back from a name; attributes of other types are left out. */
export function subjectFieldsOf(name: DistinguishedName): ReadSubject {
  const of = (field: SubjectList): string[] => valuesOf(name, LISTS.find(([found]) => found === field)?.[1] ?? '');
  return {
    countries: of('countries'),
    organizations: of('organizations'),
    organizationalUnits: of('organizationalUnits'),
    localities: of('localities'),
    provinces: of('provinces'),
    streetAddresses: of('streetAddresses'),
    postalCodes: of('postalCodes'),
    serialNumber: valuesOf(name, SERIAL_NUMBER).at(-1) ?? '',
    commonName: commonNameOf(name),
  };
}
