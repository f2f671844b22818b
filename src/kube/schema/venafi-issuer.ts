import { kept, optional, record, text } from './field.ts';

/** Kept as it is, but not used. */
export const venafiIssuer = record('Venafi. Kept as it is, but evercert does not use it.', {
  zone: optional(text('Policy zone.')),
  tpp: optional(kept("A server of one's own.")),
  cloud: optional(kept('The service of the maker.')),
  ngts: optional(kept('The newer service of the maker.')),
});
