import type { Clock } from '../core/clock.ts';
import type { HttpResponse, Transport } from './http.ts';
import { signJws } from './jws.ts';
import type { Algorithm, SigningKey } from './jws.ts';
import { isNonce } from './nonce-pool.ts';
import type { NoncePool } from './nonce-pool.ts';
import { AcmeError } from './problem.ts';
import type { Problem } from './problem.ts';
import { errorOfResponse } from './refusal.ts';
import { badResponse } from './response.ts';

/** Who signs: a key with the account it belongs to, or a key by itself (newAccount, revocation by certificate key). */
export interface Signer {
  readonly key: SigningKey;
  readonly accountUrl?: string | undefined;
}

export interface SignedPost {
  readonly url: string;
  readonly signer: Signer;
  readonly payload: object | undefined | ((url: string) => object | Promise<object>);
  readonly accept?: string;
  readonly doing: string;
}

export interface SignedExchangeDeps {
  readonly transport: Transport;
  readonly nonces: NoncePool;
  readonly clock: Clock;
  newNonceUrl(signal: AbortSignal): Promise<string>;
}

/** A CA that refuses nonces is tried at least so often and at least so long (ms); one that refuses nine of ten is survived. */
const LEAST_TRIES = 8;
const LONGEST_TRYING = 30_000;

/** RFC 8555 sections 6.2 to 6.5: one signed POST, tried again with the nonce of the refusal while nonces are all that is wrong. */
export function createSignedExchange(
  deps: SignedExchangeDeps,
): (post: SignedPost, signal: AbortSignal) => Promise<HttpResponse> {
  const { transport, nonces, clock } = deps;
  /** What a CA that refuses the usual algorithm of a key said it accepts. */
  let accepted: readonly string[] = [];

  async function takeNonce(signal: AbortSignal): Promise<string> {
    const kept = nonces.take();
    if (kept !== undefined) return kept;
    const url = await deps.newNonceUrl(signal);
    // GET and HEAD are equal (section 7.2), but undici closes the connection after a HEAD, and it will be needed at once.
    let response = await transport.send({ method: 'GET', url, doing: 'give a nonce' }, signal);
    if (response.status === 404 || response.status === 405)
      response = await transport.send({ method: 'HEAD', url }, signal);
    if (response.status < 200 || response.status > 299) throw errorOfResponse(response, 'give a nonce');
    const nonce = response.headers.get('replay-nonce');
    if (!isNonce(nonce)) throw badResponse(url, 'an answer', 'it has no Replay-Nonce header');
    return nonce;
  }

  async function send(post: SignedPost, nonce: string, signal: AbortSignal): Promise<HttpResponse> {
    const { url, signer } = post;
    const who = signer.accountUrl === undefined ? { jwk: signer.key.jwk } : { kid: signer.accountUrl };
    const payload = typeof post.payload === 'function' ? await post.payload(url) : post.payload;
    const body = await signJws(signer.key, { alg: algorithmFor(signer.key, accepted), ...who, nonce, url }, payload);
    const headers = {
      'content-type': 'application/jose+json',
      ...(post.accept === undefined ? {} : { accept: post.accept }),
    };
    return await transport.send(
      { method: 'POST', url, headers, body: JSON.stringify(body), doing: post.doing },
      signal,
    );
  }

  return async (post, signal) => {
    const started = clock.now();
    let nonce = await takeNonce(signal);
    for (let tries = 1; ; tries += 1) {
      const algorithm = algorithmFor(post.signer.key, accepted);
      const response = await send(post, nonce, signal);
      const fresh = response.headers.get('replay-nonce');
      if (response.status >= 200 && response.status <= 299) {
        nonces.add(fresh);
        return response;
      }
      const error = errorOfResponse(response, post.doing);
      if (error.code === 'acme-bad-signature-algorithm' && tries === 1) {
        accepted = algorithmsOf(error.problem);
        if (algorithmFor(post.signer.key, accepted) !== algorithm) {
          nonce = isNonce(fresh) ? fresh : await takeNonce(signal);
          continue;
        }
      }
      // The first sending of an answer that was cut off may have had its effect; only the caller can look.
      if (error.code === 'acme-bad-nonce' && response.resent && post.payload !== undefined) {
        throw cutOff(post, error);
      }
      const givenUp = tries >= LEAST_TRIES && clock.now() - started >= LONGEST_TRYING;
      if (error.code !== 'acme-bad-nonce' || givenUp) {
        nonces.add(fresh);
        throw error;
      }
      // The refusal's own nonce is the freshest there is (section 6.5). The pauses grow slowly: behind a balancer the nonce may
      // need a moment to reach the node that will be asked.
      if (tries > 2) await clock.sleep(Math.random() * Math.min(100, 2 ** tries), signal);
      nonce = isNonce(fresh) ? fresh : await takeNonce(signal);
    }
  };
}

function cutOff(post: SignedPost, cause: AcmeError): AcmeError {
  const { host } = new URL(post.url);
  const message = `the CA at ${host} cut the connection while it was asked to ${post.doing}; it may have done so all the same`;
  return new AcmeError('acme-unreachable', message, { retry: { kind: 'backoff' }, cause });
}

function algorithmFor(key: SigningKey, accepted: readonly string[]): Algorithm {
  return key.algorithms.find((algorithm) => accepted.includes(algorithm)) ?? key.algorithms[0];
}

function algorithmsOf(problem: Problem | undefined): readonly string[] {
  return problem?.algorithms ?? [];
}
