import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDomainName } from '../core/domain-name.ts';
import { createQuestionHub } from './question-hub.ts';

test('a question reaches all who watch its name, until they stop', () => {
  const hub = createQuestionHub();
  const [a, b] = [parseDomainName('a.example.net'), parseDomainName('b.example.net')];
  const seen: string[] = [];
  const stopFirst = hub.watch([a, b], ({ name, from }) => seen.push(`first ${name} ${from}`));
  const stopSecond = hub.watch([a], ({ name }) => seen.push(`second ${name}`));
  hub.onAsked({ name: a, from: '192.0.2.1' });
  hub.onAsked({ name: parseDomainName('c.example.net'), from: '192.0.2.1' });
  assert.deepEqual(seen.splice(0), ['first a.example.net 192.0.2.1', 'second a.example.net']);
  stopFirst();
  hub.onAsked({ name: a, from: '192.0.2.1' });
  hub.onAsked({ name: b, from: '192.0.2.1' });
  assert.deepEqual(seen.splice(0), ['second a.example.net']);
  stopSecond();
  stopSecond();
  hub.onAsked({ name: a, from: '192.0.2.1' });
  assert.deepEqual(seen, []);
});
