export interface DemoPlaces {
  readonly dns: number;
  readonly apiUrl: string;
  readonly domain: string;
  readonly zone: string;
  readonly folder: string;
}

/** Commands that a person can type while the demo runs. */
export function demoTries({ dns, apiUrl, domain, zone, folder }: DemoPlaces): string[] {
  return [
    `dig @127.0.0.1 -p ${dns} CNAME _acme-challenge.${domain}`,
    `dig @127.0.0.1 -p ${dns} SOA ${zone}`,
    `curl -X POST ${apiUrl}/register`,
    `openssl x509 -noout -text -in ${folder}/cert.pem`,
  ];
}
