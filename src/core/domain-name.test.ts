import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  baseName,
  challengeName,
  isWithin,
  parentOf,
  parseCertificateName,
  parseCertificateNames,
  parseDomainName,
} from './domain-name.ts';
import { DomainError } from './error.ts';

const label63 = 'a'.repeat(63);
const name253 = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`;

describe('parseCertificateName', () => {
  const good: [input: string, name: string][] = [
    ['example.org', 'example.org'],
    ['Example.ORG.', 'example.org'],
    ['*.example.org', '*.example.org'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['*.bücher.example', '*.xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    [`${label63}.org`, `${label63}.org`],
    [name253, name253],
    ['1.example.org', '1.example.org'],
  ];
  for (const [input, name] of good)
    test(`${input.slice(0, 30)} is a name`, () => assert.equal(parseCertificateName(input), name));

  const bad: [input: string, why: RegExp][] = [
    ['', /empty/],
    ['.', /empty/],
    ['*.*.example.org', /only once/],
    ['foo*.example.org', /only once/],
    ['www.*.example.org', /only once/],
    ['*', /only once/],
    ['*.', /empty/],
    ['192.0.2.1', /IP address/],
    ['2001:db8::1', /IP address/],
    ['[2001:db8::1]', /IP address/],
    ['example', /two labels/],
    ['a..example.org', /empty label/],
    ['.example.org', /empty label/],
    ['-a.example.org', /hyphen/],
    ['a-.example.org', /hyphen/],
    ['under_score.example.org', /not allowed/],
    ['exa mple.org', /characters/],
    ['example.org/path', /not allowed/],
    [`${label63}a.org`, /63/],
    [`${name253}a`, /253/],
    [`*.${name253}`, /253/],
  ];
  for (const [input, why] of bad) {
    test(`${input.slice(0, 30)} is refused`, () => {
      assert.throws(
        () => parseCertificateName(input),
        (error) => {
          assert.ok(error instanceof DomainError);
          assert.equal(error.code, 'invalid-name');
          assert.match(error.message, why);
          assert.ok(error.message.length < 250);
          return true;
        },
      );
    });
  }

  test('any text is either refused with a DomainError or becomes a name that parses to itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.domain()), (text) => {
        try {
          const name = parseCertificateName(text);
          assert.equal(parseCertificateName(name), name);
          assert.ok(name.length <= 253);
        } catch (error) {
          assert.ok(error instanceof DomainError, String(error));
        }
      }),
    );
  });
});

test('a list keeps its order and loses doubles; an empty one is refused', () => {
  assert.deepEqual(parseCertificateNames(['b.org', 'a.org', 'B.org.']), ['b.org', 'a.org']);
  assert.throws(() => parseCertificateNames([]), { code: 'invalid-name' });
});

test('parseDomainName allows underscores, refuses a wildcard', () => {
  assert.equal(parseDomainName('_acme-challenge.Example.org'), '_acme-challenge.example.org');
  assert.throws(() => parseDomainName('*.example.org'), { code: 'invalid-name' });
});

test('names around a name', () => {
  const wildcard = parseCertificateName('*.example.org');
  assert.equal(baseName(wildcard), 'example.org');
  assert.equal(challengeName(wildcard), '_acme-challenge.example.org');
  assert.equal(parentOf(parseDomainName('a.example.org')), 'example.org');
  assert.equal(parentOf(parseDomainName('org')), undefined);
  assert.equal(isWithin(parseDomainName('a.example.org'), parseDomainName('example.org')), true);
  assert.equal(isWithin(parseDomainName('badexample.org'), parseDomainName('example.org')), false);
});

test('a name too long for its challenge name is refused with a sentence', () => {
  const long = parseCertificateName(`${label63}.${label63}.${label63}.${'a'.repeat(50)}`);
  assert.throws(() => challengeName(long), { code: 'invalid-name' });
});
