const DECIMAL = /^\d+$/;

/**
 * Whether one state of the server is newer than another. Kubernetes promises since 1.35 that versions of one kind of object can be compared as numbers
 * (KEP-5504), and etcd's revisions always could. What is no number is taken as newer: then what came last holds.
 */
export function isNewer(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || !DECIMAL.test(one) || !DECIMAL.test(other)) return one !== other;
  return one.length === other.length ? one > other : one.length > other.length;
}
