import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici';
import { decodeMessage, encodeMessage } from '../dns/message.ts';
import { parseRecordLine } from '../dns/record-line.ts';
import { txtValue } from '../dns/record.ts';
import { askAnywhere } from './ask-anywhere.ts';

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
