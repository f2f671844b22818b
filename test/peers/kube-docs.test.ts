import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kubeClusterSkip, startKubeCluster } from './kube-cluster.ts';
import type { KubeCluster } from './kube-cluster.ts';

const project = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/kubernetes.md', project), 'utf8');

/** Fenced blocks of YAML with the heading that they stand below; an indented block is moved to the left. */
const BLOCKS = [...page.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```/gm)].map(
  ({ 1: indent = '', 2: text = '', index }) => ({
    heading: /^## (.*)$/m.exec(page.slice(page.lastIndexOf('\n## ', index) + 1))?.[1] ?? '',
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }),
);

describe('the YAML of docs/kubernetes.md', { skip: kubeClusterSkip(), timeout: 120_000 }, () => {
  let cluster: KubeCluster;
  before(async () => {
    cluster = await startKubeCluster();
    await cluster.kubectl(['apply', '-k', fileURLToPath(new URL('deploy', project))]);
    await cluster.installGatewayApi();
    await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  });
  after(() => cluster?.stop());

  test('is there', () => assert.ok(BLOCKS.length >= 7));
  for (const [index, { heading, text }] of BLOCKS.entries()) {
    test(`${heading}, block ${index + 1}: is taken as it stands`, async () => {
      await cluster.kubectl(['apply', '--validate=strict', '-f', '-'], text);
    });
  }
});
