import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { useRehearsalCa } from './testing/running-ca.ts';

const run = useRehearsalCa();

for (const target of ['//[', '/%', '/order/', 'http://[', '*']) {
  test(`the request target ${target} is answered with a problem, whatever it means`, async () => {
    const { hostname, port } = new URL(run.client.base);
    const socket = connect({ host: hostname, port: Number(port), ca: run.ca.rootPem });
    socket.end(`GET ${target} HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\nConnection: close\r\n\r\n`);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
    await once(socket, 'close');
    assert.match(answer, /^HTTP\/1\.1 404 [^]*application\/problem\+json[^]*urn:ietf:params:acme:error:malformed/);
  });
}
