import { readFileSync } from 'node:fs';

export interface RecordedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
  readonly status?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

/** Objects as cert-manager 1.21 left them in a cluster that no longer exists; the keys in the Secrets belonged to test servers. */
export function recordedObjects(): RecordedObject[] {
  return ['cert-manager-objects.jsonl', 'cert-manager-secrets.jsonl'].flatMap((file) =>
    readFileSync(new URL(`../../../test/fixtures/${file}`, import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RecordedObject),
  );
}

export function recordedObject(kind: string, name: string): RecordedObject {
  const found = recordedObjects().find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name} was recorded`);
  return found;
}

/** A value of a Secret as text. */
export function recordedData(secret: string, key: string): string {
  return Buffer.from(recordedObject('Secret', secret).data?.[key] ?? '', 'base64').toString('utf8');
}
