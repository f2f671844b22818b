/** One PEM block (RFC 7468): 64 characters a line, LF line ends, a final newline. */
export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `${[`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`].join('\n')}\n`;
}

/** The bytes of the first block with one of these labels; undefined when there is none that can be read. */
export function firstPemBlock(pem: string, ...labels: readonly string[]): Uint8Array | undefined {
  for (const label of labels) {
    const begin = `-----BEGIN ${label}-----`;
    const from = pem.indexOf(begin);
    const to = pem.indexOf(`-----END ${label}-----`, from);
    if (from < 0 || to < 0) continue;
    const body = pem.slice(from + begin.length, to).replace(/\s/g, '');
    if (body !== '' && body.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(body)) return Buffer.from(body, 'base64');
  }
  return undefined;
}
