import { bytes, kept, optional, record, text } from './field.ts';
import { secretKey, serviceAccount } from './secret-reference.ts';

const mountPath = optional(text('Where this way to log in is mounted.'));

const auth = record('How to log in.', {
  tokenSecretRef: optional(secretKey('A token.')),
  appRole: optional(
    record('AppRole.', {
      path: text('Where this way to log in is mounted.'),
      roleId: text('Identifier of the role.'),
      secretRef: secretKey('Its secret.'),
    }),
  ),
  clientCertificate: optional(
    record('A TLS client certificate.', {
      mountPath,
      secretName: optional(text('Name of the Secret with the certificate.')),
      name: optional(text('Name of the role.')),
    }),
  ),
  kubernetes: optional(
    record('A token of a ServiceAccount.', {
      mountPath,
      role: text('Name of the role.'),
      secretRef: optional(secretKey('A Secret with the token.')),
      serviceAccountRef: optional(serviceAccount('The ServiceAccount to ask a token for.')),
    }),
  ),
  aws: optional(kept('IAM of AWS.')),
});

/** Kept as it is, but not used. */
export const vaultIssuer = record('HashiCorp Vault. Kept as it is, but evercert does not use it.', {
  server: text('URL of the server.'),
  path: text('Path that signs.'),
  namespace: optional(text('Namespace in Vault.')),
  serverName: optional(text('Name that the certificate of the server has.')),
  caBundle: optional(bytes('Roots, in PEM, that the server is trusted by.')),
  caBundleSecretRef: optional(secretKey('Roots that the server is trusted by, in a Secret.')),
  clientCertSecretRef: optional(secretKey('Client certificate.')),
  clientKeySecretRef: optional(secretKey('Key of the client certificate.')),
  auth,
});
