// A reporter for node --test: each reason why tests were skipped, once, with how many they are.
// oxlint-disable-next-line import/no-default-export -- node takes a reporter by its default export
export default async function* reportSkipped(source) {
  const counts = new Map();
  for await (const { type, data } of source) {
    if (type !== 'test:pass' || data.skip === undefined || data.skip === false) continue;
    const reason = data.skip === true || data.skip === '' ? data.name : data.skip;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  for (const [reason, count] of counts) yield `  ${count} × ${reason}\n`;
}
