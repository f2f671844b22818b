// RC2 (RFC 2268), which OpenSSL 3 no longer has by default and PKCS#12 files of the profile LegacyRC2 need. It protects nothing; it is here
// because there are programs that read nothing else.

/** PITABLE of RFC 2268 section 2: a permutation of the octets, from the digits of pi. */
const PI_TABLE = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);
const BLOCK = 8;
const ROTATIONS = [1, 2, 3, 5];

/** RC2 in CBC mode with the padding of PKCS#7, encrypting; the effective key length is that of the key. */
export function encryptRc2Cbc(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  const schedule = expandKey(key);
  const padding = BLOCK - (plain.length % BLOCK);
  const out = Buffer.concat([plain, Buffer.alloc(padding, padding)]);
  let previous: Uint8Array = iv;
  for (let at = 0; at < out.length; at += BLOCK) {
    const block = out.subarray(at, at + BLOCK);
    for (let octet = 0; octet < BLOCK; octet++) block[octet] = (block[octet] ?? 0) ^ (previous[octet] ?? 0);
    encryptBlock(schedule, block);
    previous = block;
  }
  return out;
}

/** 64 words of 16 bits (RFC 2268 section 2). */
function expandKey(key: Uint8Array): Uint16Array {
  const octets = Buffer.alloc(128);
  octets.set(key);
  for (let at = key.length; at < 128; at++) octets[at] = pi((octets[at - 1] ?? 0) + (octets[at - key.length] ?? 0));
  const first = 128 - key.length;
  octets[first] = pi(octets[first] ?? 0);
  for (let at = first - 1; at >= 0; at--) octets[at] = pi((octets[at + 1] ?? 0) ^ (octets[at + key.length] ?? 0));
  return Uint16Array.from({ length: 64 }, (_, word) => octets.readUInt16LE(word * 2));
}

function pi(index: number): number {
  return PI_TABLE[index & 0xff] ?? 0;
}

/** In place: 5 rounds of mixing, mash, 6 of mixing, mash, 5 of mixing (RFC 2268 section 3). */
function encryptBlock(schedule: Uint16Array, block: Buffer): void {
  const words = Uint16Array.from({ length: 4 }, (_, word) => block.readUInt16LE(word * 2));
  for (let round = 0; round < 16; round++) {
    mix(schedule, words, round);
    if (round === 4 || round === 10) mash(schedule, words);
  }
  for (const [word, value] of words.entries()) block.writeUInt16LE(value, word * 2);
}

function mix(schedule: Uint16Array, words: Uint16Array, round: number): void {
  for (const [word, rotation] of ROTATIONS.entries()) {
    const [one, two, three] = neighbours(words, word);
    const sum = (words[word] ?? 0) + (schedule[round * 4 + word] ?? 0) + (one & two) + (~one & three);
    words[word] = (sum << rotation) | ((sum & 0xffff) >>> (16 - rotation));
  }
}

function mash(schedule: Uint16Array, words: Uint16Array): void {
  for (const word of words.keys()) {
    const [one] = neighbours(words, word);
    words[word] = (words[word] ?? 0) + (schedule[one & 63] ?? 0);
  }
}

/** The words one, two and three places in front of this one, in a circle. */
function neighbours(words: Uint16Array, word: number): [number, number, number] {
  return [words[(word + 3) & 3] ?? 0, words[(word + 2) & 3] ?? 0, words[(word + 1) & 3] ?? 0];
}
