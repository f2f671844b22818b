/** Who writes the Secrets of Certificates. cert-manager's own name for it: so what it wrote is ours, and what we write is its. */
export const SECRET_MANAGER = 'cert-manager-certificates-issuing';

/** On every Secret that is ours, and true: only those are kept in memory as a whole. */
export const OURS_LABEL = 'controller.cert-manager.io/fao';

/** On the temporary Secret with the key of a certificate that is being issued. */
export const NEXT_KEY_LABEL = 'cert-manager.io/next-private-key';

/** Data of a Secret with a certificate. */
export const TLS_CRT = 'tls.crt';
export const TLS_KEY = 'tls.key';
export const CA_CRT = 'ca.crt';
export const KEY_DER = 'key.der';
export const COMBINED_PEM = 'tls-combined.pem';
export const KEYSTORE_P12 = 'keystore.p12';
export const TRUSTSTORE_P12 = 'truststore.p12';
export const KEYSTORE_JKS = 'keystore.jks';
export const TRUSTSTORE_JKS = 'truststore.jks';
