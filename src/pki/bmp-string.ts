/** UTF-16, big-endian: BMPString, and how Java and PKCS#12 hash passwords. */
export function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}
