import { listOf, optional, record, text } from './field.ts';

/** The parts of a subject beside its common name. */
export function subject() {
  return record('Parts of the subject beside the common name.', {
    organizations: optional(listOf('Organizations (O).', text('One organization.'))),
    countries: optional(listOf('Countries (C), two letters each.', text('One country.'))),
    organizationalUnits: optional(listOf('Units of the organization (OU).', text('One unit.'))),
    localities: optional(listOf('Cities (L).', text('One city.'))),
    provinces: optional(listOf('States or provinces (ST).', text('One state.'))),
    streetAddresses: optional(listOf('Street addresses (STREET).', text('One street address.'))),
    postalCodes: optional(listOf('Postal codes.', text('One postal code.'))),
    serialNumber: optional(text('Serial number of the subject, which is not that of the certificate.')),
  });
}
