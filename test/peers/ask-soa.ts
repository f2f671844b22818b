import { Resolver } from 'node:dns/promises';

/** The serial of a zone as a server on 127.0.0.1 answers it; undefined while it does not. */
export async function askSerial(port: number, zone: string): Promise<number | undefined> {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  try {
    return (await resolver.resolveSoa(zone)).serial;
  } catch {
    return undefined;
  }
}
