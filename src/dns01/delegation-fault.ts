/**
 * What is wrong with a delegation. `fault` is stable: scripts may match it. Names are canonical: lower case, no dot at the end.
 * `name` is the `_acme-challenge` name, `target` where its CNAME must lead. `asked` names the servers that were asked.
 */
export type DelegationProblem = { readonly name: string; readonly target: string } & Found;

/** The fault with what was seen of it. */
export type Found =
  | { readonly fault: 'cname-missing'; zone: string; asked: string; resolverKeeps: number | undefined }
  /** TXT stands where the CNAME must stand: no other record may stand beside a CNAME (RFC 1034 section 3.6.2). */
  | { readonly fault: 'txt-in-the-way'; count: number; asked: string }
  /** The provider appended the zone to a name that was complete already. */
  | { readonly fault: 'name-doubled'; madeAt: string; zone: string }
  /** The provider appended the zone to a target without a dot at its end. */
  | { readonly fault: 'target-appended'; at: string; leadsTo: string; zone: string }
  | { readonly fault: 'wrong-account'; at: string; leadsTo: string; challengeZone: string }
  | { readonly fault: 'wrong-target'; chain: readonly string[]; asked: string }
  | { readonly fault: 'dangling-target'; chain: readonly string[]; asked: string }
  | { readonly fault: 'wildcard-cname'; wildcard: string; leadsTo: string }
  | { readonly fault: 'dname'; owner: string; leadsTo: string }
  | { readonly fault: 'cname-loop'; chain: readonly string[] }
  | { readonly fault: 'chain-too-long'; chain: readonly string[]; most: number }
  | { readonly fault: 'not-on-all-servers'; at: string; have: string; lack: string; lackingSays: string }
  | { readonly fault: 'zone-not-found'; domain: string }
  | { readonly fault: 'zone-servers-failed'; at: string; zone: string; refused: boolean; says: string }
  /** An NS record hands the name itself to servers that do not serve it. */
  | { readonly fault: 'delegated-not-served'; zone: string; says: string }
  | { readonly fault: 'dnssec-broken'; at: string; resolvers: string }
  | { readonly fault: 'resolver-failed'; at: string; resolvers: string; says: string }
  | { readonly fault: 'resolvers-unreachable'; at: string; resolvers: string; says: string }
  /** The challenge zone itself is not found under its parent. */
  | { readonly fault: 'target-not-delegated'; challengeZone: string; parent: string | undefined }
  | { readonly fault: 'target-not-served'; challengeZone: string; says: string };

export type DelegationFault = DelegationProblem['fault'];
