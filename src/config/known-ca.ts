/** A CA with a short name, so that nobody has to look its directory up. */
export interface KnownCa {
  readonly name: string;
  readonly title: string;
  readonly directory: string;
  /** It registers accounts only with an external account binding (RFC 8555 section 7.3.4), to be had on its web site. */
  readonly needsExternalAccount: boolean;
}

export const knownCas: readonly KnownCa[] = [
  {
    name: 'letsencrypt',
    title: "Let's Encrypt",
    directory: 'https://acme-v02.api.letsencrypt.org/directory',
    needsExternalAccount: false,
  },
  {
    name: 'letsencrypt-staging',
    title: "Let's Encrypt, for trying: not trusted by browsers, generous limits",
    directory: 'https://acme-staging-v02.api.letsencrypt.org/directory',
    needsExternalAccount: false,
  },
  {
    name: 'zerossl',
    title: 'ZeroSSL',
    directory: 'https://acme.zerossl.com/v2/DV90',
    needsExternalAccount: true,
  },
  {
    name: 'google',
    title: 'Google Trust Services',
    directory: 'https://dv.acme-v02.api.pki.goog/directory',
    needsExternalAccount: true,
  },
  {
    name: 'google-staging',
    title: 'Google Trust Services, for trying: not trusted by browsers',
    directory: 'https://dv.acme-v02.test-api.pki.goog/directory',
    needsExternalAccount: true,
  },
  {
    name: 'sslcom',
    title: 'SSL.com, ECDSA',
    directory: 'https://acme.ssl.com/sslcom-dv-ecc',
    needsExternalAccount: true,
  },
  {
    name: 'sslcom-rsa',
    title: 'SSL.com, RSA',
    directory: 'https://acme.ssl.com/sslcom-dv-rsa',
    needsExternalAccount: true,
  },
];

/** By its short name or its directory URL. */
export function findKnownCa(text: string): KnownCa | undefined {
  return knownCas.find(({ name, directory }) => name === text || directory === text);
}
