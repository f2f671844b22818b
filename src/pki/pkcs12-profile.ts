/** `spec.keystores.pkcs12.profile`. */
export type Pkcs12Profile = 'LegacyRC2' | 'LegacyDES' | 'Modern2023' | 'Modern2026';

export type Pkcs12Cipher = 'RC2-40' | '3DES' | 'AES-256';
export type Pkcs12Mac = 'HMAC-SHA1' | 'HMAC-SHA256' | 'PBMAC1';

export interface Pkcs12Algorithms {
  readonly certificates: Pkcs12Cipher;
  readonly key: Pkcs12Cipher;
  readonly mac: Pkcs12Mac;
  readonly macIterations: number;
  readonly iterations: number;
  /** Octets. */
  readonly salt: number;
}

const LEGACY = { key: '3DES', mac: 'HMAC-SHA1', macIterations: 1, iterations: 2048, salt: 8 } as const;
const MODERN = { certificates: 'AES-256', key: 'AES-256', macIterations: 2048, iterations: 2048, salt: 16 } as const;

/** What each profile means, as cert-manager has it: which programs can read a file depends on exactly this. */
export const PKCS12_ALGORITHMS: Readonly<Record<Pkcs12Profile, Pkcs12Algorithms>> = {
  LegacyRC2: { ...LEGACY, certificates: 'RC2-40' },
  LegacyDES: { ...LEGACY, certificates: '3DES' },
  Modern2023: { ...MODERN, mac: 'HMAC-SHA256' },
  Modern2026: { ...MODERN, mac: 'PBMAC1' },
};
