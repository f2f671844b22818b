import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificateYaml } from '../../test/peers/kube-acme-world.ts';
import { tempFolder } from '../../test/peers/temp-folder.ts';
import { inAcmeWorld } from './acme.ts';
import type { Figure, Measuring } from './figure.ts';
import { untilAtRest } from './process-usage.ts';

const POLICY = 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n';
const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

interface AuditLine {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource: string; readonly subresource?: string };
}

/** What the controller writes for one Certificate with one name, by the log of the API server itself; renewals of the lease are left out. */
export async function measureWrites({ say }: Measuring): Promise<readonly Figure[]> {
  const folder = tempFolder('bench-audit');
  const policy = join(folder.path, 'policy.yaml');
  const log = join(folder.path, 'audit.log');
  writeFileSync(policy, POLICY);
  writeFileSync(log, '');
  const clusterFlags = [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`];
  try {
    return await inAcmeWorld({ clusterFlags }, async (world) => {
      const { pid } = world.controller();
      await world.delegate(['www.example.org']);
      await untilAtRest(pid, 30_000);
      const before = writesIn(log).length;
      await world.apply(certificateYaml('www', ['www.example.org']));
      await world.untilReady('www');
      // Events are written together some time after what they are about.
      await untilAtRest(pid, 30_000);
      const writes = writesIn(log).slice(before);
      const events = writes.filter((write) => write.endsWith(' events')).length;
      for (const [write, times] of countsOf(writes)) say(`  ${times} ${write}`);
      return [
        {
          name: 'writes',
          about: 'writes for one ACME Certificate with one name',
          certManager: '35-45',
          measured: writes.length,
          atMost: 20,
          unit: 'writes',
        },
        { name: 'writesOfEvents', about: 'Events among them', certManager: '', measured: events, unit: 'writes' },
      ];
    });
  } finally {
    folder.remove();
  }
}

function writesIn(log: string): readonly string[] {
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditLine)
    .filter(({ userAgent = '', verb }) => userAgent.startsWith('evercert/') && WRITES.has(verb))
    .filter(({ objectRef }) => objectRef?.resource !== 'leases')
    .map(({ verb, objectRef: { resource, subresource } = { resource: '' } }) =>
      subresource === undefined ? `${verb} ${resource}` : `${verb} ${resource}/${subresource}`,
    );
}

function countsOf(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
