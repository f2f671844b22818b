import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setDefaultCACertificates } from 'node:tls';
import { test } from 'node:test';
import { getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici';
import { connectProxy } from '../core/testing/proxies.ts';
import { createRoot, issueCertificate } from '../pki/issue.ts';
import { generateKey, parsePrivateKey } from '../pki/key.ts';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import { txtValue } from '../dns/record.ts';
import { createAskAnywhere } from './ask-anywhere.ts';

const askAnywhere = createAskAnywhere();
const SERVER = { address: 'https://dns.example/dns-query', port: 443 };
const QUESTION = { name: 'example.org', type: 'TXT' } as const;
const options = () => ({ signal: AbortSignal.timeout(5000), timeout: 3000, recursionDesired: true });

/** Without a socket: what `answer` makes of the packet is the body. */
function withServer(
  t: { after(end: () => void): void },
  status: number,
  answer: (packet: Uint8Array) => Uint8Array,
): void {
  const before = getGlobalDispatcher();
  const agent = new MockAgent();
  agent.disableNetConnect();
  setGlobalDispatcher(agent);
  t.after(() => setGlobalDispatcher(before));
  agent
    .get('https://dns.example')
    .intercept({ path: '/dns-query', method: 'POST', headers: { 'content-type': 'application/dns-message' } })
    .reply((call) => ({ statusCode: status, data: Buffer.from(answer(call.body as unknown as Uint8Array)) }));
}

function answering(packet: Uint8Array, more: { question?: string } = {}): Uint8Array {
  const asked = decodeMessage(packet);
  const QR_RD_RA = 0x8180;
  const questions = more.question === undefined ? asked.questions : [{ ...QUESTION, name: more.question, class: 1 }];
  const answers = [parseRecordLine('example.org. 60 TXT "hello"')];
  return encodeMessage({ ...asked, flags: QR_RD_RA, questions, answers, authority: [], additional: [] });
}

test('a question by HTTPS', async (t) => {
  withServer(t, 200, answering);
  const { rcode, recursionAvailable, answers } = await askAnywhere(QUESTION, SERVER, options());
  assert.deepEqual([rcode, recursionAvailable], ['NOERROR', true]);
  assert.deepEqual(
    answers.map((record) => record.type === 'TXT' && txtValue(record)),
    ['hello'],
  );
});

test('what is no answer is said, with the URL', async (t) => {
  withServer(t, 503, () => Buffer.from('busy'));
  await assert.rejects(askAnywhere(QUESTION, SERVER, options()), {
    code: 'dns-unreachable',
    message: 'the resolver https://dns.example/dns-query cannot be asked: it answered with status 503',
  });
});

test('an answer to another question is none', async (t) => {
  withServer(t, 200, (packet) => answering(packet, { question: 'other.example' }));
  await assert.rejects(askAnywhere(QUESTION, SERVER, options()), { code: 'dns-malformed' });
});

test('through a proxy, which looks up the resolver', { timeout: 20_000 }, async (t) => {
  const around = { notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 3_600_000 };
  const root = await createRoot({ ...around, commonName: 'Test Root' });
  const key = await generateKey('P-256');
  const publicKey = createPublicKey(parsePrivateKey(key));
  const cert = await issueCertificate({ ...around, names: ['dns.example'], issuer: root, publicKey });
  setDefaultCACertificates([root.certificate]);
  const server = createServer({ key, cert }, (request, response) => {
    void buffer(request).then((packet) => response.end(answering(packet)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const proxy = await connectProxy(t, (server.address() as AddressInfo).port);
  const ask = createAskAnywhere((url) =>
    url.hostname === 'dns.example' ? `http://127.0.0.1:${proxy.port}` : undefined,
  );
  assert.equal((await ask(QUESTION, SERVER, options())).answers.length, 1);
  assert.deepEqual(proxy.asked, ['dns.example:443 -']);
  const closed = await connectProxy(t, 1, { status: 403 });
  const refused = createAskAnywhere(() => `http://u:SECRET@127.0.0.1:${closed.port}`);
  await assert.rejects(refused(QUESTION, SERVER, options()), {
    code: 'dns-unreachable',
    message: /^the resolver https:\/\/dns\.example\/dns-query cannot be asked: Proxy response \(403\)[^\n]*$/,
  });
  const wrong = createAskAnywhere(() => 'ftp://SECRET');
  await assert.rejects(wrong(QUESTION, SERVER, options()), {
    code: 'dns-unreachable',
    message: /HTTPS_PROXY is no http:/,
  });
});
