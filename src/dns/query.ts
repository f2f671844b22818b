import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { DomainError, messageOf } from '../core/error.ts';
import { CLASS_IN, decodeMessage, encodeMessage, FLAG, HEADER_LENGTH, type Message, type Rcode } from './message.ts';
import { sameName } from './name.ts';
import type { QueryType, ResourceRecord } from './record.ts';
import { TcpFrames, tcpFrame } from './tcp-frames.ts';
import { malformed } from './wire-reader.ts';

export interface NameServer {
  readonly address: string;
  readonly port: number;
}

export interface QueryQuestion {
  readonly name: string;
  readonly type: QueryType;
}

export interface QueryOptions {
  readonly signal: AbortSignal;
  /** Milliseconds for all of it, tries and TCP included. Default 3000. */
  readonly timeout?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly recursionDesired?: boolean;
  /** RFC 4035 section 3.2.2: asks a validating resolver not to hold back what fails validation. */
  readonly checkingDisabled?: boolean;
}

/** What a server said. NXDOMAIN, REFUSED and the like are answers, not errors. */
export interface Reply {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly recursionAvailable: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

/** What fits one packet on every path (the 2020 flag day, RFC 9715). */
const UDP_SIZE = 1232;
const TRIES = 3;

/**
 * Asks one server one question: UDP with EDNS from a random port under a random id, again when a packet seems lost, and over
 * TCP when the answer is truncated. A packet that does not answer this very question is ignored (RFC 5452).
 * @throws DomainError `dns-timeout`, `dns-unreachable`, `dns-malformed`, all worth another try later; the signal's reason when aborted
 */
export async function query(question: QueryQuestion, server: NameServer, options: QueryOptions): Promise<Reply> {
  options.signal.throwIfAborted();
  const timeout = options.timeout ?? 3000;
  const asked: Asked = { question, server, options, deadline: Date.now() + timeout, timeout };
  if (options.transport === 'tcp') return toReply(await overTcp(asked, true));
  let edns = true;
  let message = await overUdp(asked, edns);
  if (message.edns === undefined && (message.rcode === 'FORMERR' || message.rcode === 'NOTIMP')) {
    // RFC 6891 section 7: a server that knows no EDNS says so with the whole message.
    edns = false;
    message = await overUdp(asked, edns);
  }
  return toReply((message.flags & FLAG.TC) === 0 ? message : await overTcp(asked, edns));
}

/**
 * The same question by any means that takes a message and brings one back, such as HTTPS (RFC 8484). Made once: whoever carries it has its own ways
 * not to lose it.
 * @throws DomainError `dns-malformed`; what `exchange` throws
 */
export async function queryBy(
  exchange: (packet: Uint8Array) => Promise<Uint8Array>,
  question: QueryQuestion,
  server: NameServer,
  options: QueryOptions,
): Promise<Reply> {
  options.signal.throwIfAborted();
  const timeout = options.timeout ?? 3000;
  const asked: Asked = { question, server, options, deadline: Date.now() + timeout, timeout };
  const { id, packet } = encodeQuery(asked, true);
  const message = answerTo(asked, id, await exchange(packet));
  if (message === undefined) throw malformed('the answer is to another question');
  if (message instanceof DomainError) throw message;
  return toReply(message);
}

interface Asked {
  readonly question: QueryQuestion;
  readonly server: NameServer;
  readonly options: QueryOptions;
  readonly deadline: number;
  readonly timeout: number;
}

function overUdp(asked: Asked, edns: boolean): Promise<Message> {
  return new Promise((resolve, reject) => {
    const { server, options, timeout } = asked;
    const { id, packet } = encodeQuery(asked, edns);
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    const resend = setInterval(() => socket.send(packet), Math.ceil(timeout / TRIES));
    const late = setTimeout(() => end(() => reject(timedOut(asked))), Math.max(0, asked.deadline - Date.now()));
    const end = (settle: () => void): void => {
      clearInterval(resend);
      clearTimeout(late);
      options.signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners().on('error', () => {});
      socket.close();
      settle();
    };
    const onAbort = (): void => end(() => reject(options.signal.reason));
    options.signal.addEventListener('abort', onAbort);
    socket.on('error', (error) => end(() => reject(unreachable(asked, error))));
    socket.on('message', (bytes) => {
      const message = answerTo(asked, id, bytes);
      if (message instanceof DomainError) end(() => reject(message));
      else if (message !== undefined) end(() => resolve(message));
    });
    // Connected, so that the kernel drops what comes from elsewhere and tells when nobody listens there.
    socket.on('connect', () => socket.send(packet));
    socket.connect(server.port, server.address);
  });
}

function overTcp(asked: Asked, edns: boolean): Promise<Message> {
  return new Promise((resolve, reject) => {
    const { server, options } = asked;
    const { id, packet } = encodeQuery(asked, edns);
    const frames = new TcpFrames(65535);
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    const late = setTimeout(() => end(() => reject(timedOut(asked))), Math.max(0, asked.deadline - Date.now()));
    const end = (settle: () => void): void => {
      clearTimeout(late);
      options.signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners().on('error', () => {});
      socket.destroy();
      settle();
    };
    const onAbort = (): void => end(() => reject(options.signal.reason));
    options.signal.addEventListener('abort', onAbort);
    socket.on('error', (error) => end(() => reject(unreachable(asked, error))));
    socket.on('close', () =>
      end(() => reject(unreachable(asked, new Error('the connection was closed without an answer')))),
    );
    socket.on('connect', () => socket.write(tcpFrame(packet)));
    socket.on('data', (chunk: Buffer) => {
      for (const bytes of frames.push(chunk)) {
        const message = answerTo(asked, id, bytes);
        if (message instanceof DomainError) return end(() => reject(message));
        if (message !== undefined) return end(() => resolve(message));
      }
    });
  });
}

function encodeQuery({ question, options }: Asked, edns: boolean): { id: number; packet: Uint8Array } {
  const id = randomInt(0x10000);
  const flags = (options.recursionDesired === true ? FLAG.RD : 0) | (options.checkingDisabled === true ? FLAG.CD : 0);
  const packet = encodeMessage({
    id,
    flags,
    opcode: 0,
    rcode: 'NOERROR',
    questions: [{ ...question, class: CLASS_IN }],
    answers: [],
    authority: [],
    additional: [],
    edns: edns ? { udpSize: UDP_SIZE, version: 0, dnssecOk: false } : undefined,
  });
  return { id, packet };
}

/** The message when it answers the question, nothing when it answers another, an error when it has the id but makes no sense. */
function answerTo(asked: Asked, id: number, bytes: Uint8Array): Message | DomainError | undefined {
  if (bytes.length < HEADER_LENGTH || (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0) !== id) return undefined;
  try {
    const message = decodeMessage(bytes);
    if ((message.flags & FLAG.QR) === 0) return undefined;
    const [question] = message.questions;
    // Some servers leave the question out of an error (RFC 1035 lets them).
    if (question === undefined) return message.rcode === 'NOERROR' ? malformed('the answer has no question') : message;
    const same = question.type === asked.question.type && sameName(question.name, asked.question.name);
    return same && question.class === CLASS_IN ? message : undefined;
  } catch (error) {
    return new DomainError('dns-malformed', `${shown(asked)}: ${messageOf(error)}`, {
      retry: { kind: 'backoff' },
      cause: error,
    });
  }
}

function toReply(message: Message): Reply {
  const { rcode, answers, authority, additional } = message;
  const authoritative = (message.flags & FLAG.AA) !== 0;
  return { rcode, authoritative, recursionAvailable: (message.flags & FLAG.RA) !== 0, answers, authority, additional };
}

function timedOut(asked: Asked): DomainError {
  const message = `${shown(asked)} got no answer within ${asked.timeout} ms`;
  return new DomainError('dns-timeout', message, { retry: { kind: 'backoff' } });
}

function unreachable(asked: Asked, error: Error): DomainError {
  const message = `${shown(asked)} failed, the server cannot be reached: ${error.message}`;
  return new DomainError('dns-unreachable', message, { retry: { kind: 'backoff' }, cause: error });
}

function shown({ question, server }: Asked): string {
  if (server.address.includes('://')) return `the query for ${question.type} of ${question.name} to ${server.address}`;
  const host = isIPv6(server.address) ? `[${server.address}]` : server.address;
  return `the query for ${question.type} of ${question.name} to ${host}:${server.port}`;
}
