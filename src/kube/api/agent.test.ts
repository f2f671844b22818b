import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { TestContext } from 'node:test';
import { setDefaultCACertificates } from 'node:tls';
import { systemClock } from '../../core/clock.ts';
import { parseProxy } from '../../core/proxy-of.ts';
import { connectProxy, socksProxy } from '../../core/testing/proxies.ts';
import type { KubeConfig } from './kube-config.ts';
import { createTransport } from './transport.ts';

const never = new AbortController().signal;

/** A certificate of its own, for a name that no DNS knows. */
function selfSigned(name: string): { cert: string; key: string } {
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=a -addext subjectAltName=${name} -keyout -`;
  const text = execFileSync('openssl', args.split(' '), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [key = '', cert = ''] = text.split(/(?=-----BEGIN CERTIFICATE)/);
  return { key, cert };
}

describe('createAgent', { timeout: 30_000 }, () => {
  const { cert, key } = selfSigned('DNS:kube.test');
  const server = createServer({ cert, key }, (request, response) => {
    const { authorization = '-', 'accept-encoding': encoding = '-' } = request.headers;
    response.end(`${request.url} ${authorization} ${encoding} ${request.headers['proxy-authorization'] ?? '-'}`);
  });
  let port = 0;
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  /** The answer to one call, or the error. */
  async function call(t: TestContext, config: Partial<KubeConfig> & { trust?: string }): Promise<string> {
    const transport = createTransport({
      config: {
        server: 'https://kube.test:6443',
        skipTlsVerify: false,
        credentials: () => Promise.resolve({ token: 'T', ca: config.trust ?? cert }),
        ...config,
      },
      clock: systemClock,
      userAgent: 'test',
      timeout: 5000,
    });
    t.after(() => transport.close());
    return await transport.send({ method: 'POST', path: '/x', what: 'try' }, never).catch(String);
  }
  const answer = '/x Bearer T - -';

  test('the name in the certificate may be another than that of the server, and not be looked at', async (t) => {
    const at = `https://127.0.0.1:${port}`;
    assert.match(await call(t, { server: at }), /TLS certificate is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
    assert.equal(await call(t, { server: at, serverName: 'kube.test' }), answer);
    const { cert: other } = selfSigned('DNS:other.test');
    assert.match(await call(t, { server: at, serverName: 'kube.test', trust: other }), /is not trusted/);
    assert.equal(await call(t, { server: at, skipTlsVerify: true, trust: other }), answer);
  });

  test('through a proxy, which looks up the name', async (t) => {
    const proxy = await connectProxy(t, port);
    assert.equal(await call(t, { proxy: new URL(`http://127.0.0.1:${proxy.port}`) }), answer);
    assert.deepEqual(proxy.asked, ['kube.test:6443 -']);
  });

  test('the roots and the name of the server hold behind a proxy as well', async (t) => {
    const proxy = new URL(`http://127.0.0.1:${(await connectProxy(t, port)).port}`);
    assert.match(await call(t, { proxy, server: 'https://elsewhere.test' }), /is not trusted/);
    assert.equal(await call(t, { proxy, server: 'https://elsewhere.test', serverName: 'kube.test' }), answer);
    assert.equal(await call(t, { proxy, server: 'https://elsewhere.test', skipTlsVerify: true }), answer);
  });

  test('with a password, which only the proxy gets', async (t) => {
    const proxy = await connectProxy(t, port);
    assert.equal(await call(t, { proxy: new URL(`http://u:p%40@127.0.0.1:${proxy.port}`) }), answer);
    assert.deepEqual(proxy.asked, [`kube.test:6443 Basic ${btoa('u:p@')}`]);
  });

  test('a proxy that speaks TLS is trusted by the roots of the machine', async (t) => {
    const tls = selfSigned('IP:127.0.0.1');
    const proxy = await connectProxy(t, port, { tls });
    const url = new URL(`https://127.0.0.1:${proxy.port}`);
    assert.match(await call(t, { proxy: url }), /through the proxy https:.*TLS certificate is not trusted/);
    setDefaultCACertificates([tls.cert]);
    assert.equal(await call(t, { proxy: url }), answer);
  });

  test('SOCKS5', async (t) => {
    const proxy = await socksProxy(t, port);
    assert.equal(await call(t, { proxy: parseProxy(`socks5h://127.0.0.1:${proxy.port}`) }), answer);
    assert.deepEqual(proxy.asked, ['kube.test:6443 -']);
  });

  const faults: readonly (readonly [string, Parameters<typeof connectProxy>[2] | 'nothing', RegExp])[] = [
    ['a proxy that wants a password', { status: 407 }, /the proxy wants a name and a password \(407\)/],
    ['a proxy that does not reach the server', { status: 502 }, /the proxy answered 502$/],
    ['a proxy that hangs up', { cut: true }, /the proxy cut the connection$/],
    ['no proxy', 'nothing', /nothing listens there$/],
  ];
  for (const [what, how, message] of faults) {
    test(what, async (t) => {
      const { port: at } = how === 'nothing' ? { port: 1 } : await connectProxy(t, port, how);
      const said = await call(t, { proxy: new URL(`http://u:SECRET@127.0.0.1:${at}`) });
      assert.match(said, /https:\/\/kube\.test:6443 cannot be reached through the proxy http:\/\/127\.0\.0\.1:\d+: /);
      assert.match(said, message);
      assert.doesNotMatch(said, /SECRET/);
    });
  }
});
