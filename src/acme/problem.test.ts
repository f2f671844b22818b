import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseProblem, printable } from './problem.ts';

describe('parseProblem, RFC 8555 section 6.7', () => {
  test('the prefix of the type is taken off, also the one from before the RFC', () => {
    for (const prefix of ['urn:ietf:params:acme:error:', 'urn:acme:error:', '']) {
      assert.equal(parseProblem({ type: `${prefix}badNonce`, detail: 'x' })?.type, 'badNonce');
    }
    assert.equal(parseProblem({ type: 'https://ca.example/odd', detail: 'x' })?.type, 'https://ca.example/odd');
  });

  test('all members', () => {
    const problem = parseProblem({
      type: 'urn:ietf:params:acme:error:malformed',
      title: 'unused',
      detail: 'Some of the identifiers requested were rejected',
      status: 403,
      instance: 'https://ca.example/terms',
      algorithms: ['ES256', 7],
      identifier: { type: 'dns', value: 'example.org' },
      subproblems: [
        {
          type: 'urn:ietf:params:acme:error:rejectedIdentifier',
          detail: 'no',
          identifier: { type: 'dns', value: 'a' },
        },
        'not a problem',
      ],
    });
    assert.deepEqual(problem, {
      type: 'malformed',
      detail: 'Some of the identifiers requested were rejected',
      status: 403,
      instance: 'https://ca.example/terms',
      algorithms: ['ES256'],
      identifier: { type: 'dns', value: 'example.org' },
      subproblems: [
        { type: 'rejectedIdentifier', detail: 'no', identifier: { type: 'dns', value: 'a' }, subproblems: [] },
      ],
    });
  });

  const none: [what: string, value: unknown][] = [
    ['null', null],
    ['text', 'no'],
    ['a list', [{ type: 'x' }]],
    ['an object of something else', { error: 'no' }],
    ['wrong types', { type: 1, detail: {} }],
  ];
  for (const [what, value] of none) {
    test(`${what} is no problem document`, () => assert.equal(parseProblem(value), undefined));
  }

  test('the title stands in for a missing detail', () => {
    assert.equal(parseProblem({ type: 'x', title: 'Bad Gateway' })?.detail, 'Bad Gateway');
  });

  test('subproblems of subproblems, and more than a hundred of them, are passed over', () => {
    const inner = { type: 'x', detail: 'y', subproblems: [{ type: 'z', detail: 'z' }] };
    const problem = parseProblem({
      type: 'compound',
      detail: '',
      subproblems: Array.from({ length: 500 }, () => inner),
    });
    assert.equal(problem?.subproblems.length, 100);
    assert.deepEqual(problem?.subproblems[0]?.subproblems, []);
  });

  test('no text of a CA can move the cursor of a terminal or break a log line', () => {
    const problem = parseProblem({ type: 'x', detail: 'red\u001b[31m\r\nsecond\u2028line \u202eback\u0000' });
    assert.equal(problem?.detail, 'red [31m second line back');
    assert.equal(printable('a'.repeat(5000)).length, 1000);
  });

  test('any JSON is taken or passed over, never thrown at', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (detail, more) => {
        const problem = parseProblem({ type: 'x', detail, subproblems: more, identifier: more, algorithms: detail });
        assert.ok(problem !== undefined && typeof problem.detail === 'string');
        parseProblem(detail);
      }),
    );
  });
});
