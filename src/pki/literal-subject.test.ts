import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { DomainError } from '../core/error.ts';
import { readDer } from './der.ts';
import { encodeName, readName, sameName } from './distinguished-name.ts';
import { parseLiteralSubject } from './literal-subject.ts';

const CN = '2.5.4.3';
const O = '2.5.4.10';
const OU = '2.5.4.11';
const DC = '0.9.2342.19200300.100.1.25';

function parsed(text: string): string[] {
  return parseLiteralSubject(text).map((rdn) => rdn.map(({ oid, value }) => `${oid}=${value}`).join(' + '));
}

describe('literal subjects (RFC 4514)', () => {
  const rows: [text: string, rdns: string[]][] = [
    ['CN=foo', [`${CN}=foo`]],
    ['CN=foo,OU=a,O=b', [`${O}=b`, `${OU}=a`, `${CN}=foo`]],
    [
      'CN=*.example.org,OU=1,OU=2,OU=3,OU=4,O=x',
      [`${O}=x`, `${OU}=4`, `${OU}=3`, `${OU}=2`, `${OU}=1`, `${CN}=*.example.org`],
    ],
    [' CN = foo , O = b c ', [`${O}=b c`, `${CN}=foo`]],
    ['CN=foo;O=b', [`${O}=b`, `${CN}=foo`]],
    ['OU=a+CN=b,O=c', [`${O}=c`, `${OU}=a + ${CN}=b`]],
    [String.raw`CN=\"a\"\, b,O=c`, [`${O}=c`, `${CN}="a", b`]],
    [String.raw`CN=a\+b\;c\\d\#e\<f\>g\=h`, [`${CN}=a+b;c\\d#e<f>g=h`]],
    [String.raw`CN=a\2Cb`, [`${CN}=a,b`]],
    [String.raw`CN=Lu\C4\8Di\C4\87`, [`${CN}=Lučić`]],
    [String.raw`CN=Luč\C4\87`, [`${CN}=Lučć`]],
    [String.raw`CN=a\ ,O=b`, [`${O}=b`, `${CN}=a `]],
    [String.raw`CN=a\\ ,O=b`, [`${O}=b`, `${CN}=a\\`]],
    ['CN="quoted"', [`${CN}="quoted"`]],
    ['CN=a=b', [`${CN}=a=b`]],
    ['CN=,O=b', [`${O}=b`, `${CN}=`]],
    ['1.2.3.4=x', ['1.2.3.4=x']],
    ['DC=example,DC=org', [`${DC}=org`, `${DC}=example`]],
    [
      'C=DE,L=b,ST=c,STREET=d,SERIALNUMBER=e,UID=f',
      ['0.9.2342.19200300.100.1.1=f', '2.5.4.5=e', '2.5.4.9=d', '2.5.4.8=c', '2.5.4.7=b', '2.5.4.6=DE'],
    ],
    ['CN=#0c03666f6f', [`${CN}=foo`]],
    ['CN=#0402abcd', [`${CN}=#0402abcd`]],
    ['', []],
    ['  ', []],
  ];
  for (const [text, rdns] of rows) test(`"${text}"`, () => assert.deepEqual(parsed(text), rdns));

  const faults: [text: string, message: RegExp][] = [
    ['CN=a,FOO=blah', /^Literal subject contains unrecognized key with value \[blah\]$/],
    ['cn=blah', /^Literal subject contains unrecognized key with value \[blah\]$/],
    ['constructor=blah', /^Literal subject contains unrecognized key with value \[blah\]$/],
    ['CN', /"CN" is not of the form key=value/],
    ['CN=a,', /"" is not of the form key=value/],
    ['CN=a,,O=b', /"" is not of the form key=value/],
    ['=a', /"=a" is not of the form key=value/],
    [String.raw`CN=a\z`, /backslash/],
    ['CN=a\\', /backslash/],
    [String.raw`CN=\FF`, /no UTF-8/],
    ['CN=#', /hexadecimal/],
    ['CN=#0c0', /hexadecimal/],
    ['CN=#0c09', /no DER/],
    ['CN=#0c01610c0162', /no DER/],
  ];
  for (const [text, message] of faults) {
    test(`"${text}" is refused`, () => {
      assert.throws(
        () => parseLiteralSubject(text),
        (error) => error instanceof DomainError && error.code === 'invalid-subject' && message.test(error.message),
      );
    });
  }

  test('any text ends in a name or in that error', () => {
    const pieces = fc.array(
      fc.constantFrom('CN', 'O', '=', ',', '+', ';', '\\', '#', '"', ' ', '0c', 'ä', '1.2.3', 'x', '\u{1F600}'),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          pieces.map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parseLiteralSubject(text);
          } catch (error) {
            assert.ok(error instanceof DomainError && error.code === 'invalid-subject', String(error));
          }
        },
      ),
    );
  });

  test('a value that is escaped comes through, into DER and back', () => {
    const value = fc.string({ unit: 'grapheme', maxLength: 30 });
    const rdn = fc.array(fc.record({ key: fc.constantFrom('CN', 'O', 'OU', '2.5.4.97'), value }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(rdn, { minLength: 1, maxLength: 5 }), (rdns) => {
        const text = rdns
          .map((attributes) => attributes.map(({ key, value: plain }) => `${key}=${escape(plain)}`).join('+'))
          .join(',');
        const name = parseLiteralSubject(text);
        assert.deepEqual(
          name.toReversed().map((attributes) => attributes.map((attribute) => attribute.value)),
          rdns.map((attributes) => attributes.map((attribute) => attribute.value)),
        );
        assert.ok(sameName(readName(readDer(encodeName(name))), name));
      }),
    );
  });
});

/** Every octet as a pair of digits: the one form that needs no other rule. */
function escape(value: string): string {
  return [...Buffer.from(value)].map((octet) => `\\${octet.toString(16).padStart(2, '0')}`).join('');
}
