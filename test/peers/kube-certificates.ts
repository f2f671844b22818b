import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { peer } from './require-peer.ts';

/** Files by which the parts of a test cluster know each other. */
export interface KubeCertificates {
  readonly ca: string;
  readonly server: { readonly certificate: string; readonly key: string };
  /** Of a user in the group system:masters. */
  readonly admin: { readonly certificate: string; readonly key: string };
  /** Signs the tokens of service accounts. */
  readonly serviceAccounts: { readonly publicKey: string; readonly privateKey: string };
}

/** What openssl makes within a tenth of a second, all on P-256. */
export async function createKubeCertificates(folder: string): Promise<KubeCertificates> {
  const at = (name: string): string => join(folder, name);
  const openssl = async (...args: readonly string[]): Promise<void> => {
    await promisify(execFile)(peer('openssl').path, [...args], { cwd: folder, timeout: 20_000 });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const newCertificate = ['req', '-x509', '-days', '30'];
  const signedByCa = ['-CA', 'ca.crt', '-CAkey', 'ca.key'];
  const issue = (name: string, subject: string, extensions: readonly string[]): Promise<void> =>
    openssl(
      ...newCertificate,
      ...newKey,
      ...signedByCa,
      '-subj',
      subject,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      ...['basicConstraints=critical,CA:FALSE', ...extensions].flatMap((line) => ['-addext', line]),
    );

  await openssl(...newCertificate, ...newKey, '-subj', '/CN=kube-ca', '-keyout', 'ca.key', '-out', 'ca.crt');
  await Promise.all([
    issue('server', '/CN=kube-apiserver', ['subjectAltName=DNS:localhost,IP:127.0.0.1', 'extendedKeyUsage=serverAuth']),
    issue('admin', '/O=system:masters/CN=kubernetes-admin', ['extendedKeyUsage=clientAuth']),
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'sa.key').then(() =>
      openssl('ec', '-in', 'sa.key', '-pubout', '-out', 'sa.pub'),
    ),
  ]);
  return {
    ca: at('ca.crt'),
    server: { certificate: at('server.crt'), key: at('server.key') },
    admin: { certificate: at('admin.crt'), key: at('admin.key') },
    serviceAccounts: { publicKey: at('sa.pub'), privateKey: at('sa.key') },
  };
}

/** A kubeconfig with one user, who has a token or a client certificate. */
export async function writeKubeconfig(
  file: string,
  options: { readonly server: string; readonly caFile: string; readonly user: Readonly<Record<string, string>> },
): Promise<void> {
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: options.server, 'certificate-authority': options.caFile } }],
    users: [{ name: 'test', user: options.user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
  };
  // JSON is YAML.
  await writeFile(file, JSON.stringify(kubeconfig, null, 2), { mode: 0o600 });
}
