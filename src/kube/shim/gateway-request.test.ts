import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Gateway, GatewayListener, ListenerSet } from '../api/gateway.ts';
import { gatewayRequest, listenerSetRequest, parentGatewayKey } from './gateway-request.ts';
import type { ShimRequest } from './shim-request.ts';

const OPTIONS = { extraProtocols: ['DTLS'] };

function gateway(listeners: GatewayListener[], annotations: Record<string, string> = {}): Gateway {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'edge', namespace: 'web', uid: 'uid-edge', annotations },
    spec: { listeners },
  };
}

function listener(more: Partial<GatewayListener> = {}, secret: object = {}): GatewayListener {
  return {
    name: 'https',
    hostname: 'edge.example.org',
    protocol: 'HTTPS',
    tls: { mode: 'Terminate', certificateRefs: [{ group: '', kind: 'Secret', name: 'edge-tls', ...secret }] },
    ...more,
  };
}

type Blocks = Extract<ShimRequest, { kind: 'blocks' }>;

function blocksOf(request: ShimRequest): Blocks {
  assert.equal(request.kind, 'blocks');
  return request;
}

describe('listeners that get a certificate', () => {
  const rows: [what: string, listeners: GatewayListener[], blocks: Record<string, string[]>][] = [
    ['HTTPS', [listener()], { 'edge-tls': ['edge.example.org'] }],
    ['TLS', [listener({ protocol: 'TLS' })], { 'edge-tls': ['edge.example.org'] }],
    ['a protocol given by flag', [listener({ protocol: 'DTLS' })], { 'edge-tls': ['edge.example.org'] }],
    ['another protocol', [listener({ protocol: 'TCP' })], {}],
    ['HTTP', [listener({ protocol: 'HTTP' })], {}],
    [
      'no mode, which is Terminate',
      [listener({ tls: { certificateRefs: [{ name: 'x' }] } })],
      { x: ['edge.example.org'] },
    ],
    ['Passthrough', [listener({ protocol: 'TLS', tls: { mode: 'Passthrough' } })], {}],
    [
      'several with one Secret',
      [listener(), listener({ name: 'b', hostname: '*.example.org' }), listener({ name: 'c' })],
      { 'edge-tls': ['edge.example.org', '*.example.org'] },
    ],
    [
      'one with several Secrets',
      [listener({ tls: { mode: 'Terminate', certificateRefs: [{ name: 'a' }, { name: 'b' }] } })],
      { a: ['edge.example.org'], b: ['edge.example.org'] },
    ],
    ['its own namespace, written out', [listener({}, { namespace: 'web' })], { 'edge-tls': ['edge.example.org'] }],
    ['the group, written as core', [listener({}, { group: 'core' })], { 'edge-tls': ['edge.example.org'] }],
  ];
  for (const [what, listeners, expected] of rows) {
    test(what, () => {
      const { blocks, faults } = blocksOf(gatewayRequest(gateway(listeners), OPTIONS));
      assert.deepEqual(Object.fromEntries(blocks.map(({ secretName, hosts }) => [secretName, hosts])), expected);
      assert.deepEqual(faults, []);
    });
  }
});

describe('listeners that are passed over', () => {
  const rows: [listener: GatewayListener, fault: RegExp][] = [
    [listener({ hostname: undefined }), /^Skipped the listener https: it has no hostname/],
    [listener({ hostname: '' }), /it has no hostname/],
    [listener({ tls: undefined }), /it has no tls/],
    [listener({ tls: { mode: 'Terminate' } }), /it has no tls\.certificateRefs/],
    [listener({ tls: { mode: 'Other', certificateRefs: [{ name: 'x' }] } }), /its tls\.mode is Other/],
    [listener({}, { kind: 'ConfigMap' }), /edge-tls in its tls\.certificateRefs is a ConfigMap: only a Secret/],
    [listener({}, { group: 'x.org', kind: 'Secret' }), /only a Secret/],
    [
      listener({}, { namespace: 'other' }),
      /is in the namespace other: certificates are made in the namespace web only/,
    ],
  ];
  for (const [one, fault] of rows) {
    test(String(fault), () => {
      const other = listener({ name: 'good', tls: { certificateRefs: [{ name: 'good' }] } });
      const { blocks, faults, named } = blocksOf(gatewayRequest(gateway([one, other]), OPTIONS));
      assert.deepEqual(
        blocks.map(({ secretName }) => secretName),
        ['good'],
      );
      assert.match(faults.join('\n'), fault);
      assert.equal(named.has('edge-tls'), one.tls?.certificateRefs?.[0]?.name === 'edge-tls');
    });
  }
});

test('cert-manager.io/ignore-tls-listeners names listeners that somebody else looks after', () => {
  const listeners = [listener(), listener({ name: 'other', tls: { certificateRefs: [{ name: 'other' }] } })];
  const annotations = { 'cert-manager.io/ignore-tls-listeners': 'more, other' };
  const { blocks, named } = blocksOf(gatewayRequest(gateway(listeners, annotations), OPTIONS));
  assert.deepEqual(
    blocks.map(({ secretName }) => secretName),
    ['edge-tls'],
  );
  assert.deepEqual([...named], ['edge-tls', 'other']);
});

test('its Certificates say where HTTP-01 would be answered, as cert-manager writes it', () => {
  assert.deepEqual(blocksOf(gatewayRequest(gateway([]), OPTIONS)).certificateAnnotations, {
    'acme.cert-manager.io/http01-parentrefname': 'edge',
    'acme.cert-manager.io/http01-parentrefkind': 'Gateway',
  });
});

describe('a ListenerSet', () => {
  function set(
    annotations: Record<string, string>,
    parentRef: ListenerSet['spec']['parentRef'] = { name: 'edge' },
  ): ListenerSet {
    return {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'ListenerSet',
      metadata: { name: 'set', namespace: 'team', annotations },
      spec: { parentRef, listeners: [listener()] },
    };
  }
  const annotationsOf = (own: Record<string, string>, parent: Record<string, string>) =>
    blocksOf(listenerSetRequest(set(own), gateway([], parent), OPTIONS)).annotations;

  const inheritance: [own: Record<string, string>, parent: Record<string, string>, together: Record<string, string>][] =
    [
      [{ 'cert-manager.io/issuer': 'a' }, {}, { 'cert-manager.io/issuer': 'a' }],
      [{}, { 'cert-manager.io/cluster-issuer': 'b' }, { 'cert-manager.io/cluster-issuer': 'b' }],
      [{}, { 'cert-manager.io/duration': '9h' }, {}],
      [
        { 'cert-manager.io/duration': '9h' },
        { 'cert-manager.io/issuer': 'b', 'cert-manager.io/issuer-kind': 'K', 'cert-manager.io/issuer-group': 'G' },
        {
          'cert-manager.io/duration': '9h',
          'cert-manager.io/issuer': 'b',
          'cert-manager.io/issuer-kind': 'K',
          'cert-manager.io/issuer-group': 'G',
        },
      ],
      [
        { 'cert-manager.io/cluster-issuer': 'a' },
        { 'cert-manager.io/issuer': 'b', 'cert-manager.io/issuer-kind': 'K' },
        { 'cert-manager.io/cluster-issuer': 'a' },
      ],
    ];
  for (const [own, parent, together] of inheritance) {
    test(`${JSON.stringify(own)} below ${JSON.stringify(parent)}`, () =>
      assert.deepEqual(annotationsOf(own, parent), together));
  }

  test('without its Gateway, or with one that is being deleted, asks for nothing', () => {
    const going = gateway([]);
    assert.deepEqual(listenerSetRequest(set({}), undefined, OPTIONS), { kind: 'none' });
    const metadata = { ...going.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    assert.deepEqual(listenerSetRequest(set({}), { ...going, metadata }, OPTIONS), { kind: 'none' });
  });

  test('whose Gateway is in a namespace that is not looked at has what it says itself', () => {
    const own = { 'cert-manager.io/issuer': 'a' };
    const { annotations, blocks } = blocksOf(listenerSetRequest(set(own), 'unseen', OPTIONS));
    assert.deepEqual([annotations, blocks.length], [own, 1]);
  });

  test('asks for names of its own listeners, in its own namespace', () => {
    const { blocks, certificateAnnotations } = blocksOf(listenerSetRequest(set({}), gateway([]), OPTIONS));
    assert.deepEqual(blocks, [{ secretName: 'edge-tls', hosts: ['edge.example.org'] }]);
    assert.deepEqual(certificateAnnotations, {
      'acme.cert-manager.io/http01-parentrefname': 'set',
      'acme.cert-manager.io/http01-parentrefkind': 'ListenerSet',
    });
  });

  test('names its Gateway for HTTP-01 when it says so', () => {
    const fallback = set({ 'acme.cert-manager.io/http01-parentreffallback': 'true' });
    assert.deepEqual(blocksOf(listenerSetRequest(fallback, gateway([]), OPTIONS)).certificateAnnotations, {
      'acme.cert-manager.io/http01-parentrefname': 'edge',
      'acme.cert-manager.io/http01-parentrefkind': 'Gateway',
      'acme.cert-manager.io/http01-parentrefnamespace': 'web',
    });
  });

  const parents: [parentRef: ListenerSet['spec']['parentRef'], key: string | undefined][] = [
    [{ name: 'edge' }, 'team/edge'],
    [{ name: 'edge', namespace: 'web' }, 'web/edge'],
    [{ name: 'edge', kind: 'Gateway', group: 'gateway.networking.k8s.io' }, 'team/edge'],
    [{ name: 'edge', kind: 'Service' }, undefined],
    [{ name: 'edge', group: 'x.org' }, undefined],
    [{ name: '' }, undefined],
  ];
  for (const [parentRef, key] of parents) {
    test(`${JSON.stringify(parentRef)} is ${key}`, () => assert.equal(parentGatewayKey(set({}, parentRef)), key));
  }
});
