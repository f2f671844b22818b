/** What proves to the API server who we are. All of it is secret but `certificate` and `ca`. */
export interface Credentials {
  /** PEM roots in place of the system's. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  /** PEM of a client certificate and its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** ms since the epoch: from then on they are asked for again. */
  readonly goodUntil?: number | undefined;
}

export interface CredentialsRequest {
  /** What was given last is refused or over: whoever keeps credentials fetches new ones. */
  readonly renew: boolean;
  readonly signal: AbortSignal;
}

/** Where the API server is, and how to speak to it. Made by in-cluster-config.ts or kubeconfig-file.ts. */
export interface KubeConfig {
  /** `https://10.96.0.1:443`, without a slash at the end. May have a path. */
  readonly server: string;
  /** In place of the server's host, for the name in its certificate. */
  readonly serverName?: string | undefined;
  readonly skipTlsVerify: boolean;
  /** Through which the server is reached. May hold a password. */
  readonly proxy?: URL | undefined;
  /** Of the pod or of the context; where nothing else says one. */
  readonly namespace?: string | undefined;
  /** Read from their files each time: tokens and roots are replaced while we run. */
  readonly credentials: (request?: CredentialsRequest) => Promise<Credentials>;
}
