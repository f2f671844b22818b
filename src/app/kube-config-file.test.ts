import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfigFile } from './kube-config-file.ts';

const head = 'apiVersion: controller.config.cert-manager.io/v1alpha1\nkind: ControllerConfiguration\n';

test('what has a flag of the same meaning becomes it, the rest a warning', () => {
  const { flags, warnings } = parseConfigFile(
    `${head}kubernetesAPIQPS: 50
controllers: ['*', -certificaterequests-approver]
leaderElectionConfig: { enabled: true, namespace: cert-manager, leaseDuration: 30s }
enableCertificateOwnerRef: true
acmeDNS01Config: { recursiveNameservers: ['192.0.2.1:53'], checkRetryPeriod: 5s }
featureGates: { ACMEUseARI: true }
logging: { format: json, verbosity: 2 }
`,
    'x.yaml',
  );
  assert.deepEqual(flags, [
    ['kube-api-qps', '50'],
    ['controllers', '*,-certificaterequests-approver'],
    ['leader-elect', 'true'],
    ['leader-election-namespace', 'cert-manager'],
    ['leader-election-lease-duration', '30s'],
    ['enable-certificate-owner-ref', 'true'],
    ['dns01-recursive-nameservers', '192.0.2.1:53'],
    ['logging-format', 'json'],
  ]);
  assert.deepEqual(
    warnings.map((warning) => warning.split(' ')[0]),
    ['acmeDNS01Config.checkRetryPeriod', 'featureGates', 'logging.verbosity'],
  );
});

describe('files that cannot be used', () => {
  const rows: [what: string, text: string, why: RegExp][] = [
    ['another kind', 'apiVersion: v1\nkind: ConfigMap\n', /no ControllerConfiguration/],
    ['no object', '- a\n', /no object/],
    ['no YAML', 'a: [', /x\.yaml/],
    ['an object where text belongs', `${head}namespace: { a: b }\n`, /namespace is neither/],
  ];
  for (const [what, text, why] of rows) {
    test(what, () => assert.throws(() => parseConfigFile(text, 'x.yaml'), { code: 'invalid-config', message: why }));
  }
});
