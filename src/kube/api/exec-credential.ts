import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Credentials } from './kube-config.ts';

/** What an API server would be told by a kubeconfig, for the program that logs in there: `spec.cluster` of an ExecCredential. */
export interface ClusterOfLogin {
  readonly server: string;
  readonly 'tls-server-name'?: string | undefined;
  readonly 'insecure-skip-tls-verify'?: boolean | undefined;
  readonly 'certificate-authority-data'?: string | undefined;
  readonly 'proxy-url'?: string | undefined;
  readonly 'disable-compression'?: boolean | undefined;
  /** Whatever the file says for this program alone. */
  readonly config?: unknown;
}

const schema = z.looseObject({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.looseObject({
    token: z.string().nullish(),
    clientCertificateData: z.string().nullish(),
    clientKeyData: z.string().nullish(),
    expirationTimestamp: z.iso.datetime({ offset: true }).nullish(),
  }),
});

/** What stands in KUBERNETES_EXEC_INFO. */
export function execInfo(apiVersion: string, interactive: boolean, cluster: ClusterOfLogin | undefined): string {
  return JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive, cluster } });
}

/** The credentials that a program has written, or what is wrong with them. No word of the output is in that. */
export function readExecCredential(output: string, apiVersion: string): Credentials | string {
  const parsed = schema.safeParse(parseJson(output));
  if (!parsed.success) {
    const [path] = parsed.error.issues.map((issue) => issue.path.join('.'));
    return path === undefined || path === ''
      ? 'it wrote no ExecCredential in JSON'
      : `it wrote an ExecCredential whose ${path} is missing or of another form`;
  }
  const { apiVersion: said, status } = parsed.data;
  if (said !== apiVersion)
    return `it wrote an ExecCredential of another apiVersion than the kubeconfig asks for, ${apiVersion}`;
  const [token, certificate, key] = [status.token, status.clientCertificateData, status.clientKeyData].map((value) =>
    value === '' || value === null ? undefined : value,
  );
  if (token === undefined && certificate === undefined && key === undefined)
    return 'it wrote neither a token nor a client certificate';
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    return 'it wrote a token with characters that no token can have';
  if ((certificate === undefined) !== (key === undefined))
    return 'it wrote a client certificate or a key, and not both of them';
  if (certificate !== undefined && key !== undefined && !areOnePair(certificate, key))
    return 'it wrote a client certificate and a key that do not belong together';
  const until = status.expirationTimestamp ?? undefined;
  return { token, certificate, key, goodUntil: until === undefined ? undefined : Date.parse(until) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function areOnePair(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
