const SHOWN = '[secret]';

/** Names of fields that hold secrets, whatever comes before. */
const SECRET_NAME = /(?:private_?key|password|passwd|secret|hmac_?key|authorization|api_?key|token)$/i;
/** RFC 7468 private keys of any kind. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** RFC 3986 section 3.2.1: user and password before the host of a URL. */
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@]+@/gi;

const DEEPEST = 6;

/** A text without private keys and without the user and password of a URL. */
export function redactText(text: string): string {
  return text.replace(PRIVATE_KEY, SHOWN).replace(CREDENTIALS, '$1***@');
}

/** A copy that can be logged: secrets gone by the name of their field or by what they look like, errors as plain objects. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((member: unknown) => redact(member, depth + 1));
  if ('toJSON' in value && typeof value.toJSON === 'function') return redact(value.toJSON(), depth + 1);
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => [
    name,
    SECRET_NAME.test(name) && member !== undefined ? SHOWN : redact(member, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

/** Code, message and causes; the stack is for whoever debugs, not for the log. */
function redactError(error: Error, depth: number): unknown {
  return {
    ...('code' in error && { code: error.code }),
    message: redactText(error.message),
    ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
  };
}
